/** The words of the page. They live once, in src/pvideo/texts.json, which Python reads too. */
import { actions, announce, compare, history, kinds as kindWords, labels, messages, notes, sheet, statuses } from "../../src/pvideo/texts.json";
import type { Message } from "./view";

/** What a card is of. The names stand here, so that the build keeps the words. */
export type Kind = "video" | "image" | "audio" | "text" | "json" | "file";
export const kinds: Record<Kind, string> = kindWords;

export { actions, announce, compare, history, labels, notes, sheet };

/** The messages that the page can raise by itself. The build keeps these only. */
type OwnMessage = "kernel_busy" | "kernel_gone" | "cannot_play" | "seed_unreliable";

export function fill(template: string, values: Record<string, string | number> = {}): string {
  const text = template.replace(/\{\{|\}\}|\{(\w+)[^}]*\}/g, (found, key: string | undefined) => (key === undefined ? found.charAt(0) : String(values[key] ?? "")));
  return text.replace(/\s+([:,;])/g, "$1").trim();
}

export function statusWord(status: string): string {
  return (statuses as Record<string, string>)[status] ?? status;
}

export function message(key: OwnMessage, tone: Message["tone"], values: Record<string, string> = {}): Message {
  const { title, sentence, next } = messages[key];
  return { key, tone, title: fill(title, values), sentence: fill(sentence, values), next: fill(next, values) };
}

/** 0:41, 12:05. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** 0:02.04 */
export function moment(seconds: number): string {
  const hundredths = Math.max(0, Math.round(seconds * 100));
  return `${clock(Math.floor(hundredths / 100))}.${String(hundredths % 100).padStart(2, "0")}`;
}

/** "11 s", from a minute on "1:12". */
export function took(seconds: number): string {
  return seconds < 59.5 ? `${Math.max(seconds < 0.95 ? 0.1 : 1, seconds < 0.95 ? Math.round(seconds * 10) / 10 : Math.round(seconds))} s` : clock(Math.round(seconds));
}

/** 4.8 (MB); with unit "4.8 MB". */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
