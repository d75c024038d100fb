// @vitest-environment node
import { describe, expect, it } from "vitest";
// @ts-expect-error the build script is plain JavaScript
import { bundled, widgets } from "../build.mjs";

const KILOBYTE = 1000;
const zipped = async (code: string): Promise<number> => (await new Response(new Blob([code]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer()).byteLength;

describe.each(widgets as string[])("the bundle %s", (name) => {
  it("is one small file that imports nothing and exports render", async () => {
    const { js: code } = (await bundled(name)) as { js: string };

    expect(await zipped(code)).toBeLessThan(25 * KILOBYTE);
    expect(code).not.toMatch(/\bimport\s*[{("']|\bfrom\s*"|innerHTML|insertAdjacentHTML|\beval\(/);
    expect(code).toMatch(/export\{[\w$]+ as default\}/);
  });

  it("has styles that touch nothing but ours", async () => {
    const { css } = (await bundled(name)) as { css: string };
    const rules = css.replace(/@(media|container|keyframes)[^{]*\{/g, "").match(/[^{}]+(?=\{)/g) ?? [];
    const foreign = rules.map((rule) => rule.replace(/\([^()]*\)/g, "").replace(/\([^()]*\)/g, "")).flatMap((rule) => rule.split(",")).filter((one) => one.trim() && !one.includes(".pvideo") && !/^\s*(to|from|\d+%)\s*$/.test(one));

    expect(foreign).toEqual([]);
    expect(await zipped(css)).toBeLessThan(8 * KILOBYTE);
  });
});
