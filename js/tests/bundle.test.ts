// @vitest-environment node
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
// @ts-expect-error the build script is plain JavaScript
import { script, style, widgets } from "../build.mjs";

const KILOBYTE = 1000;
/** The Studio holds the form and the whole card. */
const mostOf = (name: string): number => (name === "studio" ? 28 : 25);
const zipped = async (code: string): Promise<number> => (await new Response(new Blob([code]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer()).byteLength;
const text = async (options: object): Promise<string> => (await build({ ...options, write: false, logLevel: "silent" })).outputFiles?.[0]?.text ?? "";

describe.each(widgets as string[])("the bundle %s", (name) => {
  it("is one small file that imports nothing and exports render", async () => {
    const code = await text(script(name));

    expect(await zipped(code)).toBeLessThan(mostOf(name) * KILOBYTE);
    expect(code).not.toMatch(/\bimport\s*[{("']|\bfrom\s*"|innerHTML|insertAdjacentHTML|\beval\(/);
    expect(code).toMatch(/export\{[\w$]+ as default\}/);
  });

  it("has styles that touch nothing but ours", async () => {
    const css = await text(style(name));
    const rules = css.replace(/@(media|container|keyframes)[^{]*\{/g, "").match(/[^{}]+(?=\{)/g) ?? [];
    const foreign = rules.map((rule) => rule.replace(/\([^()]*\)/g, "").replace(/\([^()]*\)/g, "")).flatMap((rule) => rule.split(",")).filter((one) => one.trim() && !one.includes(".pvideo") && !/^\s*(to|from|\d+%)\s*$/.test(one));

    expect(foreign).toEqual([]);
    expect(await zipped(css)).toBeLessThan(8 * KILOBYTE);
  });
});
