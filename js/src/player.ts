/** The keys of a player, and [Sound on] over a video that began by itself. */
import { drawing, h } from "./dom";
import { actions } from "./texts";

const SPEAKER = "M2.5 6.2v3.6h2.4L8.2 12.6V3.4L4.9 6.2zM10.4 5.8a3 3 0 0 1 0 4.4M12.2 4a5.6 5.6 0 0 1 0 8";

export function toggle(player: HTMLMediaElement): void {
  if (player.paused) void player.play()?.catch(() => undefined);
  else player.pause();
}

function move(player: HTMLMediaElement, seconds: number): void {
  player.pause();
  const end = Number.isFinite(player.duration) ? player.duration : Infinity;
  player.currentTime = Math.min(end, Math.max(0, player.currentTime + seconds));
}

/** Space, arrows by frame, Shift+arrows by second, Home, End, M, F. */
export function playerKey(event: KeyboardEvent, player: HTMLMediaElement, frames: number): boolean {
  const step = event.shiftKey ? 1 : 1 / frames;
  const acts: Record<string, () => void> = {
    " ": () => toggle(player),
    ArrowLeft: () => move(player, -step),
    ArrowRight: () => move(player, step),
    Home: () => void (player.currentTime = 0),
    End: () => void (player.currentTime = Number.isFinite(player.duration) ? player.duration : 0),
    m: () => void (player.muted = !player.muted),
    f: () => void (document.fullscreenElement ? document.exitFullscreen() : player.requestFullscreen?.().catch(() => undefined)),
  };
  const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return false;
  act();
  return true;
}

/** The button goes once there is sound; it begins the video anew, since nobody heard its start. */
export function soundOn(player: HTMLMediaElement, signal: AbortSignal): HTMLButtonElement {
  const button = h("button", { class: "pvideo-sound" }, drawing(SPEAKER, "speaker"), actions.sound_on);
  button.addEventListener(
    "click",
    () => {
      player.muted = false;
      player.currentTime = 0;
      void player.play()?.catch(() => undefined);
      player.focus();
    },
    { signal },
  );
  player.addEventListener("volumechange", () => player.muted || button.remove(), { signal });
  return button;
}

/** Whether anything on the page plays now: a second video by itself would be noise. */
export function isAnyPlaying(): boolean {
  return [...document.querySelectorAll<HTMLMediaElement>("video, audio")].some((one) => !one.paused && !one.ended);
}
