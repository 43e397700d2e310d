'use strict'
// Prisma's query engine as WebAssembly, on a pool of PostgreSQL connections.

const fs = require('node:fs')
const { Pool } = require('pg')
const { PrismaPg } = require('@prisma/adapter-pg')
const { bindAdapter } = require('@prisma/driver-adapter-utils')
const glue = require('@prisma/query-engine-wasm/postgresql/query_engine_bg.js')

const WASM = require.resolve('@prisma/query-engine-wasm/postgresql/query_engine_bg.wasm')

// Prisma's own parameters of a connection's address; PostgreSQL refuses what it does not know.
const PRISMA_PARAMETERS = [
  'connection_limit', 'pool_timeout', 'connect_timeout', 'socket_timeout', 'pgbouncer', 'schema',
  'statement_cache_size', 'max_idle_connection_lifetime',
]
const CONNECTIONS = 10
const POOL_TIMEOUT_SECONDS = 10

// Types of PostgreSQL's catalogue that the adapter refuses, and what they are to be read as: name and name[].
const READ_AS = { 19: 25, 1003: 1009 }

/** Have a connection show the catalogue's types as the plain ones. */
function readCatalogue(client) {
  const query = client.query.bind(client)
  const plain = (result) => {
    for (const field of result?.fields ?? []) field.dataTypeID = READ_AS[field.dataTypeID] ?? field.dataTypeID
    return result
  }
  client.query = (config, values, done) => {
    if (!config?.types) return query(config, values, done)
    const types = { getTypeParser: (oid, format) => config.types.getTypeParser(READ_AS[oid] ?? oid, format) }
    if (done) return query({ ...config, types }, values, (error, result) => done(error, plain(result)))
    return query({ ...config, types }, values).then(plain)
  }
}

/** The pool's settings in an address as LiteLLM writes it. */
function poolSettings(address) {
  const url = new URL(address)
  const own = Object.fromEntries(PRISMA_PARAMETERS.map((name) => [name, url.searchParams.get(name)]))
  for (const name of PRISMA_PARAMETERS) url.searchParams.delete(name)
  return {
    schema: own.schema ?? 'public',
    pool: {
      connectionString: url.toString(),
      max: Number(own.connection_limit ?? CONNECTIONS),
      connectionTimeoutMillis: 1000 * Number(own.pool_timeout || POOL_TIMEOUT_SECONDS),
      // The adapter cuts the offset off a time stamp: it must be UTC's.
      options: '-c TimeZone=UTC',
    },
  }
}

/** Open the engine on an address; its `query` and `transaction` calls take and give the JSON protocol's texts. */
async function open(address, datamodel) {
  const settings = poolSettings(address)
  const pool = new Pool(settings.pool)
  // An idle connection that PostgreSQL closed leaves the pool; the next query opens another.
  pool.on('error', () => {})
  pool.on('connect', readCatalogue)
  const adapter = bindAdapter(new PrismaPg(pool, { schema: settings.schema }))

  const wasm = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(WASM)), { './query_engine_bg.js': glue })
  glue.__wbg_set_wasm(wasm.exports)
  const engine = new glue.QueryEngine(
    {
      datamodel,
      logLevel: 'error',
      env: {},
      ignoreEnvVarErrors: true,
      datasourceOverrides: {},
      configDir: '.',
      engineProtocol: 'json',
    },
    () => {},
    adapter,
  )
  await engine.connect('{}')
  return {
    query: async (body, transaction) => named(JSON.parse(await engine.query(body, '{}', transaction)), adapter),
    begin: async (options) => named(JSON.parse(await engine.startTransaction(options, '{}')), adapter),
    commit: async (id) => named(JSON.parse(await engine.commitTransaction(id, '{}')), adapter),
    rollback: async (id) => named(JSON.parse(await engine.rollbackTransaction(id, '{}')), adapter),
    ping: () => pool.query('SELECT 1'),
    close: async () => {
      await engine.disconnect('{}').catch(() => {})
      await pool.end().catch(() => {})
    },
  }
}

/** Put the driver's own error, of which the engine knows only a number, back into the answer, in the native words. */
function named(answer, adapter) {
  for (const error of answer.errors ?? (answer.error_code ? [{ user_facing_error: answer }] : [])) {
    const known = error.user_facing_error
    if (known?.error_code !== 'P2036') continue
    const { registeredErrors } = adapter.errorRegistry
    const cause = registeredErrors[known.meta?.id]?.error
    registeredErrors[known.meta?.id] = undefined
    const message = cause ? `Can't reach database server: ${cause.message}` : known.message
    error.error = message
    Object.assign(known, { error_code: 'P1001', message, meta: {} })
  }
  return answer
}

module.exports = { open, poolSettings }
