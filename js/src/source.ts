/** Where a player gets its media from: the file beside the notebook, else the remote address, else bytes through the kernel. */
import type { Bytes } from "./bytes";
import { drawingUrl, mediaUrl } from "./dom";
import { resolveFile, type Model } from "./model";
import type { Clip } from "./view";

export interface Source {
  /** Follows the view's clip. The address changes only while nothing plays; each that fails leads to the next. */
  update(id: string, clip: Clip): void;
}

interface Wanted {
  id: string;
  clip: Clip;
}

export function source(media: HTMLMediaElement | HTMLImageElement, model: Model, bytes: Bytes, failed: (reason: string) => void, signal: AbortSignal): Source {
  let wanted: Wanted | null = null;
  let queue: (() => Promise<string | null>)[] = [];
  let run = 0;
  let pending = false;
  const player = media instanceof HTMLMediaElement ? media : null;
  const isPlaying = (): boolean => player !== null && !player.paused && !player.ended;

  const put = (url: string): void => {
    if (media.src === url) return;
    const at = player?.currentTime ?? 0;
    media.src = url;
    if (!player || !at) return;
    // It has begun once: a new address goes on where it was, and does not begin again.
    player.autoplay = false;
    player.addEventListener("loadedmetadata", () => void (player.currentTime = at), { once: true, signal });
  };
  const next = async (mine: number): Promise<void> => {
    const candidate = queue.shift();
    // Without a file yet there is one more to come.
    if (!candidate) return wanted?.clip.file ? failed("") : undefined;
    const url = await candidate().catch((error: Error) => (failed(error.message), null));
    if (signal.aborted || mine !== run) return;
    if (url === null) return queue.length ? next(mine) : undefined;
    put(url);
  };
  const start = ({ id, clip }: Wanted): void => {
    const remote = (player ? null : drawingUrl(clip.url)) ?? mediaUrl(clip.url, false);
    queue = [];
    if (clip.file) queue.push(async () => mediaUrl((await resolveFile(model, clip.file)) ?? ""));
    if (remote) queue.push(async () => remote);
    if (clip.file) queue.push(() => bytes.get(id));
    void next(++run);
  };
  const resume = (): void => {
    if (!wanted || !pending) return;
    pending = false;
    start(wanted);
  };
  media.addEventListener("error", () => media.getAttribute("src") && (pending ? resume() : void next(run)), { signal });
  for (const event of ["pause", "ended"]) media.addEventListener(event, resume, { signal });

  return {
    update(id, clip) {
      const same = wanted?.id === id && wanted.clip.file === clip.file && (wanted.clip.url === clip.url || Boolean(clip.file));
      if (same) return;
      const other = wanted?.id !== id;
      wanted = { id, clip };
      if (!other && isPlaying()) pending = true;
      else start(wanted);
    },
  };
}
