/** The data that the page carries: JSON, deflated, in base64. */
import { inflateSync, strFromU8 } from 'fflate';

/** `id` of the script element that holds it. */
export function unpack<Data>(id: string): Data {
  const text = document.getElementById(id)?.textContent ?? '';
  const binary = atob(text.trim().slice(1, -1));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return JSON.parse(strFromU8(inflateSync(bytes))) as Data;
}
