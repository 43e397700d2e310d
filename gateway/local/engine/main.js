#!/usr/bin/env node
'use strict'
// Stands in for Prisma's native query engine where its download cannot be had: the same engine, as WebAssembly, behind
// the same command line and HTTP interface.   main.js -p PORT [--enable-metrics] [--enable-raw-queries] | --version

const fs = require('node:fs')
const http = require('node:http')
const { fieldTypes, toJson, fromJson } = require('./protocol.js')

const COMMIT = require('@prisma/query-engine-wasm/package.json').version.split('.').pop()
const PARENT_CHECK_MILLISECONDS = 500

if (process.argv.includes('--version')) {
  console.log(`query-engine ${COMMIT}`)
  process.exit(0)
}

const port = Number(process.argv[process.argv.indexOf('-p') + 1])
if (!process.argv.includes('-p') || !Number.isInteger(port)) {
  console.error('query engine: name a port: -p PORT')
  process.exit(1)
}

function address() {
  const overrides = process.env.OVERWRITE_DATASOURCES
  const url = (overrides && JSON.parse(overrides)[0]?.url) || process.env.DATABASE_URL
  if (!url) throw new Error('DATABASE_URL is not set')
  return url
}

async function read(request) {
  const parts = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts).toString()
}

async function answer(database, types, request) {
  const { pathname } = new URL(request.url, 'http://engine')
  if (request.method === 'GET' && pathname === '/status') {
    return { status: 'ok' }
  }
  if (request.method === 'GET' && pathname === '/metrics') {
    return { counters: [], gauges: [], histograms: [] }
  }
  if (request.method === 'POST' && pathname === '/') {
    const body = JSON.parse(await read(request))
    const answered = await database.query(JSON.stringify(toJson(body, types)), request.headers['x-transaction-id'])
    return fromJson(answered, body)
  }
  if (request.method === 'POST' && pathname === '/transaction/start') {
    return transactional(await database.begin(await read(request)))
  }
  const [, id, end] = /^\/transaction\/([^/]+)\/(commit|rollback)$/.exec(pathname) ?? []
  if (request.method === 'POST' && id) {
    return transactional(await database[end](id))
  }
  return undefined
}

/** A transaction's refusal comes bare from this engine, and in a list from the native one's server. */
function transactional(answered) {
  if (!answered?.error_code) return answered
  return { errors: [{ error: answered.message, user_facing_error: answered }] }
}

async function serve() {
  const { open } = require('./database.js')
  const datamodel = fs.readFileSync(process.env.PRISMA_DML_PATH, 'utf8')
  const database = await open(address(), datamodel)
  const types = fieldTypes(datamodel)
  const server = http.createServer(async (request, response) => {
    let status = 200
    let body
    try {
      body = await answer(database, types, request)
      if (body === undefined) [status, body] = [404, { error: 'not found' }]
    } catch (error) {
      // In the native engine's shape, so that the client raises its own error.
      body = { errors: [{ error: String(error.message), user_facing_error: { is_panic: false, message: String(error.message), backtrace: null } }] }
    }
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  })
  server.keepAliveTimeout = 0
  server.listen(port, '127.0.0.1')

  const stop = async () => {
    server.close()
    server.closeAllConnections()
    await Promise.race([database.close(), new Promise((resolve) => setTimeout(resolve, 2000))])
    process.exit(0)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  // LiteLLM killed outright cannot end its engine: the engine sees that it has another parent.
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && process.exit(0), PARENT_CHECK_MILLISECONDS).unref()
}

serve().catch((error) => {
  console.error(`query engine: ${error.message}`)
  process.exit(1)
})
