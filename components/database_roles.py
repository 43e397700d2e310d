"""The script that gives an application its own database, its role, and a role that reads it, however often it runs."""

from typing import Final

# Read by psql 14 or newer. The names come from the environment, so that no secret stands in a command line. The
# number of the lock is any that nothing else locks: of two tasks that start at once, one waits. The master of an RDS
# instance is no superuser: it must first give itself a role that it made, to make that role a database's owner.
BOOTSTRAP: Final = r"""\set ON_ERROR_STOP on
\getenv role APPLICATION
\getenv password APPLICATION_PASSWORD
SELECT pg_advisory_lock(6021947) \g /dev/null
SELECT format('CREATE ROLE %I', :'role')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
SELECT format('ALTER ROLE %I LOGIN NOCREATEDB NOCREATEROLE PASSWORD %L', :'role', :'password') \gexec
SELECT format('GRANT %I TO %I', :'role', current_user)
  WHERE NOT pg_has_role(current_user, :'role', 'SET') \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'role', :'role')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'role') \gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'role') \gexec
\getenv reader READER
\if :{?reader}
\getenv reader_password READER_PASSWORD
SELECT format('CREATE ROLE %I', :'reader')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'reader') \gexec
SELECT format('ALTER ROLE %I LOGIN NOCREATEDB NOCREATEROLE PASSWORD %L', :'reader', :'reader_password') \gexec
\getenv connections READER_CONNECTIONS
\getenv statement_timeout READER_STATEMENT_TIMEOUT
SELECT format('ALTER ROLE %I CONNECTION LIMIT %s', :'reader', :'connections') \gexec
SELECT format('ALTER ROLE %I SET default_transaction_read_only = on', :'reader') \gexec
SELECT format('ALTER ROLE %I SET statement_timeout = %L', :'reader', :'statement_timeout') \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', :'role', :'reader') \gexec
\endif
"""
