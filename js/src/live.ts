/** What both widgets share around their cards: keys, heartbeat, bytes. */
import { bytes, type Bytes } from "./bytes";
import { heartbeat, type Heartbeat } from "./heartbeat";
import { guardKeys, type Keys } from "./keys";
import type { Model } from "./model";

export interface Live {
  keys: Keys;
  bytes: Bytes;
  beat: Heartbeat;
}

export function live(model: Model, root: HTMLElement, signal: AbortSignal, id: () => string, changed: (gone: boolean) => void): Live {
  return { keys: guardKeys(root, signal), bytes: bytes(model, signal), beat: heartbeat({ model, id, changed, signal }) };
}
