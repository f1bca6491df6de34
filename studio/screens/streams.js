// How the page asks the server (studio/streams.py): what it refused is told in its own sentence, and what takes longer
// comes in parts.
//   part    u32 length | JSON | u32 length | bytes, little endian

const DECODER = new TextDecoder();

// The server's own sentence where it sent one.
export async function refusalOf(response, fallback) {
  const body = await response.json().catch(() => ({}));
  return body.error || body.detail || fallback + " (" + response.status + ")";
}

// The response to a request, or its sentence as an error.
export async function ask(path, options, fallback) {
  const response = await fetch(path, options);
  if (response.ok) return response;
  throw new Error(await refusalOf(response, fallback));
}

// What is said of an error; a request that never arrived has no sentence of its own.
export function sentenceOf(error, words) {
  return error instanceof TypeError ? words.unreachable : error.message;
}

// The parts of a response as they arrive: {json, body}. A part that holds nothing but an error is the last one and is
// thrown as its sentence.
export async function* partsOf(response) {
  let bytes = new Uint8Array(0);
  const size = at => new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
  const complete = () => {
    if (bytes.length < 4 || bytes.length < 8 + size(0)) return 0;
    const whole = 8 + size(0) + size(4 + size(0));
    return bytes.length < whole ? 0 : whole;
  };
  for await (const chunk of response.body) {
    const joined = new Uint8Array(bytes.length + chunk.length);
    joined.set(bytes);
    joined.set(chunk, bytes.length);
    bytes = joined;
    for (let whole = complete(); whole; whole = complete()) {
      const text = bytes.subarray(4, 4 + size(0)), json = JSON.parse(DECODER.decode(text));
      if (json.error && Object.keys(json).length === 1) throw new Error(json.error);
      yield { json, body: bytes.slice(8 + text.length, whole) };
      bytes = bytes.slice(whole);
    }
  }
}
