/** The shots of a chain, one after another, over the stage: all are loaded, one is seen, so that the next begins at once. */
import type { Bytes } from "./bytes";
import { h, setText } from "./dom";
import type { Keys } from "./keys";
import { send, type Model } from "./model";
import { playerKey } from "./player";
import { source } from "./source";
import { fill, kinds, labels } from "./texts";
import type { Shot } from "./view";

const FRAMES = 24;

export interface ChainTools {
  model: Model;
  bytes: Bytes;
  keys: Keys;
  signal: AbortSignal;
  /** What it covers. */
  over: HTMLElement;
  pause(): void;
}

export interface Chain {
  play(shots: Shot[]): void;
  /** Ends it when the card shows another video. */
  update(id: string, shots: Shot[]): void;
}

export function chainPlayer(tools: ChainTools): Chain {
  let life: AbortController | null = null;
  let cover: HTMLElement | null = null;
  let shown = "";
  tools.signal.addEventListener("abort", () => life?.abort(), { once: true });

  const stop = (): void => {
    life?.abort();
    cover?.remove();
    life = cover = null;
  };
  const play = (shots: Shot[]): void => {
    stop();
    if (shots.length < 2) return;
    tools.pause();
    const own = (life = new AbortController());
    const name = h("span", { class: "pvideo-chain-name" });
    const back = h("button", { class: "pvideo-button pvideo-chain-back" }, labels.end_chain);
    const players = shots.map((shot) => {
      const player = h("video", { class: "pvideo-media", controls: true, preload: "auto", "aria-label": shot.name || kinds.video });
      player.playsInline = true;
      source(player, tools.model, tools.bytes, () => undefined, own.signal).update(shot.id, shot.video);
      return player;
    });
    let at = 0;
    const show = (index: number): void => {
      at = index;
      players.forEach((player, place) => (player.hidden = place !== index));
      const shot = shots[index];
      setText(name, [fill(labels.shot, { number: index + 1, count: shots.length }), shot?.name].filter(Boolean).join(" · "));
    };
    const tell = (playing: boolean): void => void send(tools.model, { kind: "playing", id: shown, playing });
    players.forEach((player, index) => {
      player.addEventListener("playing", () => tell(true), { signal: own.signal });
      player.addEventListener("pause", () => player.hidden || tell(false), { signal: own.signal });
      player.addEventListener(
        "ended",
        () => {
          const next = players[index + 1];
          if (!next) return tell(false);
          show(index + 1);
          next.muted = player.muted;
          next.volume = player.volume;
          next.currentTime = 0;
          void next.play()?.catch(() => undefined);
        },
        { signal: own.signal },
      );
    });
    const leave = (): void => {
      stop();
      tools.over.focus({ preventScroll: true });
    };
    back.addEventListener("click", leave, { signal: own.signal });
    cover = h("div", { class: "pvideo-chain", role: "group", "aria-label": labels.videos }, ...players, h("div", { class: "pvideo-chain-head" }, name, back));
    tools.keys.on(cover, (event) => {
      if (event.key === "Escape") leave();
      else if ((event.target as Element).closest("button")) return false;
      else return playerKey(event, players[at] as HTMLVideoElement, FRAMES);
      return true;
    });
    show(0);
    tools.over.append(cover);
    // Its address is still being looked up: it begins when it is there.
    if (players[0]) players[0].autoplay = true;
    players[0]?.focus({ preventScroll: true });
  };
  return {
    play,
    update(id) {
      if (id !== shown) stop();
      shown = id;
    },
  };
}
