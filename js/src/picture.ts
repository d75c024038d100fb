/** One picture of a video as a JPEG, to go on from. The page draws it; where it may not (another host's video) Python decodes the file. */
import { h } from "./dom";
import { send, type Model } from "./model";

/** The next shot begins with it, so that losses would be seen. */
const QUALITY = 0.92;
const PATIENCE = 5000;
const PIECE = 4 * 1024 * 1024;

/** The moment at which a player stands paused within the video; null is its last picture. */
export function momentOf(video: HTMLVideoElement | null, frames: number): number | null {
  if (!video || !video.paused || video.ended || !(video.currentTime > 0)) return null;
  return video.currentTime < video.duration - 1.5 / frames ? video.currentTime : null;
}

async function blobOf(video: HTMLVideoElement): Promise<Blob | null> {
  if (!video.videoWidth) return null;
  const canvas = h("canvas", { width: video.videoWidth, height: video.videoHeight });
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}

function happens(video: HTMLVideoElement, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(event)), PATIENCE);
    const end = (act: () => void) => (): void => (clearTimeout(timer), act());
    video.addEventListener(event, end(resolve), { once: true });
    video.addEventListener("error", end(() => reject(new Error("error"))), { once: true });
  });
}

/** A second player of the same video, so that the one that is seen stays where it is. */
async function elsewhere(video: HTMLVideoElement, frames: number): Promise<Blob | null> {
  const copy = h("video", { preload: "auto" });
  copy.muted = true;
  const loaded = happens(copy, "loadeddata");
  copy.src = video.currentSrc;
  await loaded;
  const arrived = happens(copy, "seeked");
  copy.currentTime = Math.max(0, copy.duration - 0.5 / frames);
  await arrived;
  return blobOf(copy).finally(() => copy.removeAttribute("src"));
}

/** Null where the page may not, or cannot in time. */
export async function pictureOf(video: HTMLVideoElement | null, at: number | null, frames: number): Promise<Blob | null> {
  if (!video?.currentSrc) return null;
  try {
    return await (at === null ? elsewhere(video, frames) : blobOf(video));
  } catch {
    return null;
  }
}

export async function sendPicture(model: Model, id: string, picture: Blob): Promise<void> {
  const count = Math.max(1, Math.ceil(picture.size / PIECE));
  for (let index = 0; index < count; index += 1) {
    const buffer = await picture.slice(index * PIECE, (index + 1) * PIECE).arrayBuffer();
    send(model, { kind: "frame", id, name: "frame.jpg", size: picture.size, index, count }, [buffer]);
  }
}
