'use strict'
// The Python client speaks the engine's older GraphQL protocol; the WebAssembly build speaks its JSON protocol only.
// Both name the same actions, arguments and selections, so each document is translated, and each answer unwrapped.

const { parse, Kind } = require('graphql')

const ACTIONS = [
  'findUniqueOrThrow', 'findUnique', 'findFirstOrThrow', 'findFirst', 'findMany',
  'createOne', 'createMany', 'updateOne', 'updateMany', 'deleteOne', 'deleteMany', 'upsertOne',
  'aggregate', 'groupBy', 'queryRaw', 'executeRaw',
]

/** The types of every model's fields: model -> field -> type, without its `?` or `[]`. */
function fieldTypes(datamodel) {
  const models = {}
  for (const [, name, body] of datamodel.matchAll(/^model\s+(\w+)\s*\{\n([^]*?)^\}/gm)) {
    models[name] = Object.fromEntries([...body.matchAll(/^\s*(\w+)\s+(\w+)/gm)].map(([, field, type]) => [field, type]))
  }
  return models
}

/** A body of the GraphQL protocol, single or batch, as a body of the JSON protocol, for the models' field types. */
function toJson(body, types) {
  if (Array.isArray(body.batch)) {
    const transaction = body.transaction ? { isolationLevel: body.isolation_level ?? null } : undefined
    return { batch: body.batch.map((item) => operation(item.query, types)), transaction }
  }
  return operation(body.query, types)
}

/** An answer of the JSON protocol as the GraphQL protocol gives it, for a body that asked for it. */
function fromJson(answer, body) {
  if (Array.isArray(answer.batchResult)) {
    return { batchResult: answer.batchResult.map((item, index) => single(item, body.batch[index].query)) }
  }
  return single(answer, body.query)
}

function single(answer, document) {
  if (answer.errors) return answer
  const value = Object.values(answer.data)[0]
  return { data: { [label(document)]: isRows(value) ? rows(value) : unwrap(value) } }
}

function field(document) {
  const [definition] = parse(document, { noLocation: true }).definitions
  return definition.selectionSet.selections[0]
}

function label(document) {
  const top = field(document)
  return (top.alias ?? top.name).value
}

function operation(document, types) {
  const top = field(document)
  const action = ACTIONS.find((name) => top.name.value.startsWith(name))
  if (!action) throw new Error(`unknown action in ${top.name.value}`)
  const modelName = top.name.value.slice(action.length)
  const typed = (given) => withJson(given, modelName, types)
  const query = { arguments: typed(args(top)), selection: selection(top, typed) }
  return { ...(modelName && { modelName }), action, query }
}

/** The arguments with every text that is a JSON field's value marked as such, which this protocol asks for. */
function withJson(given, model, types) {
  if (Array.isArray(given)) return given.map((item) => withJson(item, model, types))
  if (given === null || typeof given !== 'object') return given
  const mark = (key, item) => {
    const type = types[model]?.[key]
    if (type === 'Json') return marked(item)
    return withJson(item, type in types ? type : model, types)
  }
  return Object.fromEntries(Object.entries(given).map(([key, item]) => [key, mark(key, item)]))
}

function marked(item) {
  if (typeof item === 'string') return { $type: 'Json', value: item }
  if (Array.isArray(item)) return item.map(marked)
  if (item === null || typeof item !== 'object') return item
  // A filter or an update: `path` is a list of names, the rest are values.
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [key, key === 'path' ? value : marked(value)]))
}

function args(node) {
  return Object.fromEntries((node.arguments ?? []).map((argument) => [argument.name.value, value(argument.value)]))
}

function selection(node, typed) {
  const chosen = {}
  for (const part of node.selectionSet?.selections ?? []) {
    const nested = part.selectionSet || part.arguments?.length
    chosen[part.name.value] = nested ? { arguments: typed(args(part)), selection: selection(part, typed) } : true
  }
  return chosen
}

function value(node) {
  switch (node.kind) {
    case Kind.NULL:
      return null
    case Kind.INT: {
      const number = Number(node.value)
      return Number.isSafeInteger(number) ? number : { $type: 'BigInt', value: node.value }
    }
    case Kind.FLOAT:
      return Number(node.value)
    case Kind.LIST:
      return node.values.map(value)
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map((item) => [item.name.value, value(item.value)]))
    default:
      return node.value
  }
}

function unwrap(node) {
  if (Array.isArray(node)) return node.map(unwrap)
  if (node === null || typeof node !== 'object') return node
  if ('$type' in node && 'value' in node) return node.value
  return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, unwrap(item)]))
}

function isRows(node) {
  return node !== null && typeof node === 'object' && 'columns' in node && 'types' in node && 'rows' in node
}

/** A raw query's rows: its JSON cells come as text here, and as values from the native engine. */
function rows({ columns, types, rows: found }) {
  const decoders = types.map((type) => {
    if (type === 'json') return (cell) => (typeof cell === 'string' ? JSON.parse(cell) : cell)
    if (type === 'json-array') return (cell) => cell?.map((item) => (typeof item === 'string' ? JSON.parse(item) : item))
    return (cell) => cell
  })
  return { columns, types, rows: found.map((row) => row.map((cell, index) => (cell === null ? null : decoders[index](cell)))) }
}

module.exports = { fieldTypes, toJson, fromJson }
