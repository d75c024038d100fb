/** A video's bytes over the kernel's line, for hosts where no address works: pieces in any order become one Blob per job, shared by all views. */
import { loose, observe, send, type Model } from "./model";

interface Load {
  users: number;
  /** When it was asked for, or a piece came, last. */
  at: number;
  pieces: Map<number, BlobPart>;
  url: string;
  promise: Promise<string>;
  settle(url: string): void;
  refuse(reason: Error): void;
}

const STALE = 5000;
const loads = new Map<string, Load>();

function begin(): Load {
  let settle: Load["settle"] = () => undefined;
  let refuse: Load["refuse"] = () => undefined;
  const promise = new Promise<string>((resolve, reject) => ([settle, refuse] = [resolve, reject]));
  promise.catch(() => undefined);
  return { users: 0, at: 0, pieces: new Map(), url: "", promise, settle, refuse };
}

function take(load: Load, content: Record<string, unknown>, buffer: unknown): void {
  if (load.url || !(buffer instanceof ArrayBuffer || ArrayBuffer.isView(buffer))) return;
  // The DataView itself: its `.buffer` may be larger than the piece.
  load.at = Date.now();
  load.pieces.set(Number(content["index"]), buffer as BlobPart);
  const count = Number(content["count"]);
  if (load.pieces.size < count) return;
  const parts = Array.from({ length: count }, (_, index) => load.pieces.get(index));
  if (parts.some((part) => part === undefined)) return;
  const type = String(content["type"] ?? "");
  load.url = URL.createObjectURL(new Blob(parts as BlobPart[], { type: /^(video|audio|image)\/[\w.+-]+$/.test(type) && !type.includes("svg") ? type : "video/mp4" }));
  load.pieces.clear();
  load.settle(load.url);
}

export interface Bytes {
  /** The Blob's address, asked for once. Rejects with Python's reason. */
  get(id: string): Promise<string>;
}

/** One per view; the Blob goes when the last view that used it has gone. */
export function bytes(model: Model, signal: AbortSignal): Bytes {
  const used = new Set<string>();
  observe(
    model,
    "msg:custom",
    (message, buffers) => {
      const content = loose(message);
      const id = String(content?.["id"] ?? "");
      const load = loads.get(id);
      if (!content || !load) return;
      if (content["kind"] === "chunk") take(load, content, (buffers as unknown[] | undefined)?.[0]);
      if (content["kind"] === "no_bytes") {
        load.refuse(new Error(String(content["reason"] ?? "")));
        if (!load.url) loads.delete(id);
        used.delete(id);
      }
    },
    signal,
  );
  signal.addEventListener("abort", () => used.forEach(release), { once: true });
  return {
    get(id) {
      let load = loads.get(id);
      if (!load) loads.set(id, (load = begin()));
      if (!used.has(id)) load.users += 1;
      used.add(id);
      // One transfer serves all views; one that stands still is asked for anew, as the kernel that was asked may be gone.
      const waits = !load.url && Date.now() - load.at > STALE;
      load.at = Date.now();
      if (waits && !send(model, { kind: "want", id })) {
        loads.delete(id);
        used.delete(id);
        load.refuse(new Error(""));
      }
      return load.promise;
    },
  };
}

function release(id: string): void {
  const load = loads.get(id);
  if (!load || --load.users > 0) return;
  loads.delete(id);
  if (load.url) URL.revokeObjectURL(load.url);
}
