// The live route's messages (canvas/wire.py), little endian throughout.
//   to the server    MLG1 | u32 seq | u32 crc32 of the cells | u16 width | u16 height | u32 length | JSON | runs
//   to the page      MLR1 | u32 seq | u32 length | JSON | JPEG, or for a tone strip six times (u32 length | JPEG)
//   runs             (u16 cell | LEB128 run length) over the cells, row by row
//   superpixels      a photo's, in the JSON, base64 of zlib of i32 ids; null for a drawn case

const ENCODER = new TextEncoder(), DECODER = new TextDecoder();
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function crc32(bytes) {
  let value = -1;
  for (let index = 0; index < bytes.length; index++) value = (value >>> 8) ^ CRC_TABLE[(value ^ bytes[index]) & 255];
  return (value ^ -1) >>> 0;
}

export function encodeRuns(cells) {
  let out = new Uint8Array(4096), length = 0;
  for (let index = 0; index < cells.length;) {
    const cell = cells[index], start = index;
    while (index < cells.length && cells[index] === cell) index++;
    if (length + 8 > out.length) { const grown = new Uint8Array(2 * out.length); grown.set(out); out = grown; }
    out[length++] = cell & 255;
    out[length++] = cell >> 8;
    let run = index - start;
    for (; run > 127; run >>>= 7) out[length++] = (run & 127) | 128;
    out[length++] = run;
  }
  return out.subarray(0, length);
}

export function decodeRuns(bytes, count) {
  const cells = new Uint16Array(count);
  let filled = 0;
  for (let at = 0; at < bytes.length;) {
    const cell = bytes[at] | (bytes[at + 1] << 8);
    at += 2;
    let run = 0, shift = 0, byte;
    do { byte = bytes[at++]; run |= (byte & 127) << shift; shift += 7; } while (byte & 128);
    cells.fill(cell, filled, filled + run);
    filled += run;
  }
  if (filled !== count) throw new Error("the runs hold " + filled + " cells, the map has " + count);
  return cells;
}

function ascii(text) {
  return Uint8Array.from(text, character => character.charCodeAt(0));
}

export function packMessage(seq, map, json) {
  const text = ENCODER.encode(JSON.stringify({ ...json, superpixels: map.superpixels })), runs = encodeRuns(map.cells);
  const bytes = new Uint8Array(20 + text.length + runs.length), view = new DataView(bytes.buffer);
  bytes.set(ascii("MLG1"));
  view.setUint32(4, seq, true);
  view.setUint32(8, crc32(new Uint8Array(map.cells.buffer, map.cells.byteOffset, map.cells.byteLength)), true);
  view.setUint16(12, map.width, true);
  view.setUint16(14, map.height, true);
  view.setUint32(16, text.length, true);
  bytes.set(text, 20);
  bytes.set(runs, 20 + text.length);
  return bytes;
}

export function unpackMessage(buffer) {
  const bytes = new Uint8Array(buffer), view = new DataView(buffer);
  if (DECODER.decode(bytes.subarray(0, 4)) !== "MLG1") throw new Error("not a case message");
  const width = view.getUint16(12, true), height = view.getUint16(14, true), length = view.getUint32(16, true);
  const json = JSON.parse(DECODER.decode(bytes.subarray(20, 20 + length))), seq = view.getUint32(4, true);
  return { seq, width, height, json, cells: decodeRuns(bytes.subarray(20 + length), width * height) };
}

export function unpackReply(buffer) {
  const bytes = new Uint8Array(buffer), view = new DataView(buffer);
  if (DECODER.decode(bytes.subarray(0, 4)) !== "MLR1") throw new Error("not a picture message");
  const length = view.getUint32(8, true);
  const json = JSON.parse(DECODER.decode(bytes.subarray(12, 12 + length)));
  const body = bytes.subarray(12 + length), pictures = [];
  if (json.kind !== "strip") return { seq: view.getUint32(4, true), json, pictures: [body] };
  const inside = new DataView(buffer, 12 + length);
  for (let at = 0; at < body.length;) {
    const size = inside.getUint32(at, true);
    pictures.push(body.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return { seq: view.getUint32(4, true), json, pictures };
}
