/** The fields of ONNX that the bench models need, written as protobuf by hand (field numbers: onnx.proto, IR 10). */

const DOUBLE = 11;
const UINT8 = 2;
const VARINT = 0;
const LENGTH_DELIMITED = 2;

function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

const integer = (field, value) => Buffer.concat([varint((field << 3) | VARINT), varint(value)]);

function bytes(field, content) {
  const body = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([varint((field << 3) | LENGTH_DELIMITED), varint(body.length), body]);
}

const message = (...fields) => Buffer.concat(fields);

function tensor(name, type, dims, raw) {
  return message(...dims.map((dim) => integer(1, dim)), integer(2, type), bytes(8, name), bytes(9, raw));
}

const rawBytes = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

export const doubles = (name, dims, values) => tensor(name, DOUBLE, dims, rawBytes(Float64Array.from(values)));
export const uint8s = (name, values) => tensor(name, UINT8, [values.length], rawBytes(Uint8Array.from(values)));

export const intAttribute = (name, value) => message(bytes(1, name), integer(3, value), integer(20, 2));
export const tensorAttribute = (name, value) => message(bytes(1, name), bytes(5, value), integer(20, 4));
export const intsAttribute = (name, values) =>
  message(bytes(1, name), ...values.map((value) => integer(8, value)), integer(20, 7));

export function node(operator, inputs, outputs, { domain, attributes = [] } = {}) {
  return message(
    ...inputs.map((name) => bytes(1, name)),
    ...outputs.map((name) => bytes(2, name)),
    bytes(4, operator),
    ...attributes.map((attribute) => bytes(5, attribute)),
    ...(domain ? [bytes(7, domain)] : []),
  );
}

/** A value of doubles with the shape [N, columns]. */
function port(name, columns) {
  const shape = message(bytes(1, bytes(2, 'N')), bytes(1, integer(1, columns)));
  return message(bytes(1, name), bytes(2, bytes(1, message(integer(1, DOUBLE), bytes(2, shape)))));
}

/** A model with one input `row` [N, width] and one output `output` [N, 1]. */
export function model(width, nodes, initializers = []) {
  const graph = message(
    ...nodes.map((body) => bytes(1, body)),
    bytes(2, 'bench'),
    ...initializers.map((body) => bytes(5, body)),
    bytes(11, port('row', width)),
    bytes(12, port('output', 1)),
  );
  const opset = (domain, version) => bytes(8, message(bytes(1, domain), integer(2, version)));
  return message(integer(1, 10), bytes(2, 'tidemark-bench'), bytes(7, graph), opset('', 21), opset('ai.onnx.ml', 5));
}
