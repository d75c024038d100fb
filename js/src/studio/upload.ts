/** A file on its way to Python: pieces of 4 MiB at most, since the server drops larger messages without a word. */
import { send, type Model } from "../model";

export const PIECE = 4 * 1024 * 1024;
export const LARGEST = 256 * 1024 * 1024;

/** Resolves true when all of it was sent; `progress` gets 0 to 1. */
export async function upload(model: Model, field: string, file: File, progress: (part: number) => void, signal: AbortSignal, slot?: string): Promise<boolean> {
  const count = Math.max(1, Math.ceil(file.size / PIECE));
  for (let index = 0; index < count; index += 1) {
    const buffer = await file.slice(index * PIECE, (index + 1) * PIECE).arrayBuffer();
    if (signal.aborted) return false;
    if (!send(model, { kind: "file", field, name: file.name, type: file.type, size: file.size, index, count, ...(slot === undefined ? {} : { slot }) }, [buffer])) return false;
    progress((index + 1) / count);
  }
  return true;
}
