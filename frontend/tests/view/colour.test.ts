import { describe, expect, it } from "vitest";
import { hex, mix, sampleRamp } from "../../src/view/colour.js";
import { denormalise, easeMax, normalise, robustMax } from "../../src/view/colour-scale.js";
import type { ColourScale } from "../../src/view/colour-scale.js";
import { heatFields, FORCES } from "../../src/view/fields.js";
import { buildPalette, codeColour } from "../../src/view/palettes.js";
import type { Palette } from "../../src/view/palettes.js";
import { GRID_COLUMNS } from "../../src/wire/generated.js";
import { ringWith } from "./rings.js";

const brightness = (rgb: readonly number[]): number =>
  0.2126 * (rgb[0] ?? 0) + 0.7152 * (rgb[1] ?? 0) + 0.0722 * (rgb[2] ?? 0);

function pixel(palette: Palette, x: number, y: number): number[] {
  return [...palette.pixels.subarray((y * palette.width + x) * 4, (y * palette.width + x) * 4 + 3)];
}

describe("mixing colours", () => {
  it("ends where it should and keeps greys grey", () => {
    expect(mix(hex("#102030"), hex("#a0b0c0"), 0).map(Math.round)).toEqual([16, 32, 48]);
    expect(mix(hex("#102030"), hex("#a0b0c0"), 1).map(Math.round)).toEqual([160, 176, 192]);
    const [r, g, b] = mix([0, 0, 0], [255, 255, 255], 0.5).map(Math.round);
    expect([g, b]).toEqual([r, r]);
    expect(r).toBe(99); // half way in lightness, not in light
  });

  it("a ramp passes through its stops and is clamped at its ends", () => {
    const ramp = [
      { at: 0, colour: hex("#000000") },
      { at: 0.4, colour: hex("#ff0000") },
      { at: 1, colour: hex("#ffffff") },
    ];
    expect(sampleRamp(ramp, 0.4).map(Math.round)).toEqual([255, 0, 0]);
    expect(sampleRamp(ramp, -3).map(Math.round)).toEqual([0, 0, 0]);
    expect(sampleRamp(ramp, 7).map(Math.round)).toEqual([255, 255, 255]);
  });
});

describe.each(["dark", "light"] as const)("the %s palettes", (theme) => {
  const sign = theme === "dark" ? 1 : -1;

  it("forces: nothing is the background, and strength grows steadily on both sides", () => {
    const palette = buildPalette("forces", theme, null);
    const empty = pixel(palette, 0, 0);
    for (const x of [0, palette.width >> 1, palette.width - 1]) {
      expect(pixel(palette, x, 0)).toEqual(empty);
      for (let y = 1; y < palette.height; y += 1) {
        const step = brightness(pixel(palette, x, y)) - brightness(pixel(palette, x, y - 1));
        expect(sign * step).toBeGreaterThan(-0.5);
      }
    }
  });

  it("forces: pressure is blue, vacuum is orange", () => {
    const palette = buildPalette("forces", theme, null);
    const middle = Math.round(palette.height * 0.6);
    const [vr = 0, , vb = 0] = pixel(palette, 0, middle);
    const [pr = 0, , pb = 0] = pixel(palette, palette.width - 1, middle);
    expect(vr - vb).toBeGreaterThan(80);
    expect(pb - pr).toBeGreaterThan(80);
  });

  it("diverging: zero is the background, the ends are apart", () => {
    const palette = buildPalette("diverging", theme, null);
    const zero = pixel(palette, palette.width >> 1, 0);
    expect(
      Math.abs(brightness(zero) - brightness(pixel(buildPalette("forces", theme, null), 0, 0))),
    ).toBeLessThan(4);
    expect(pixel(palette, 0, 0)).not.toEqual(pixel(palette, palette.width - 1, 0));
  });

  it("codes: one pixel a code, all different, and signed codes from bear to bull", () => {
    const palette = buildPalette("codes", theme, [-2, 2]);
    const colours = [0, 1, 2, 3, 4].map((x) => pixel(palette, x, 0).join());
    expect(new Set(colours).size).toBe(5);
    const [r = 0, g = 0] = pixel(palette, 0, 0);
    expect(r).toBeGreaterThan(g);
    expect(codeColour(theme, 1, -1, 1)).toEqual(codeColour(theme, 2, -2, 2));
  });
});

describe("the colour scale", () => {
  const scales: ColourScale[] = (["linear", "root", "log"] as const).map((curve) => ({ max: 40, curve }));

  it.each(scales)("$curve: from 0 to full strength, symmetric, clamped, rising", (scale) => {
    expect(normalise(0, scale)).toBe(0);
    expect(normalise(40, scale)).toBeCloseTo(1, 12);
    expect(normalise(-10, scale)).toBe(normalise(10, scale));
    expect(normalise(1e12, scale)).toBeCloseTo(1, 12);
    expect(normalise(11, scale)).toBeGreaterThan(normalise(10, scale));
  });

  it.each(scales)("$curve: a legend's value has the strength where it stands", (scale) => {
    for (const t of [0, 0.25, 0.5, 1]) expect(normalise(denormalise(t, scale), scale)).toBeCloseTo(t, 12);
  });

  it("moves towards its goal as fast upwards as downwards, and arrives", () => {
    expect(easeMax(null, 50, 16)).toBe(50);
    const up = easeMax(10, 40, 200);
    const down = easeMax(40, 10, 200);
    expect(up * down).toBeCloseTo(400, 6);
    let max = 10;
    for (let i = 0; i < 200; i += 1) max = easeMax(max, 40, 100);
    expect(max).toBe(40);
  });
});

describe("the automatic maximum", () => {
  it("is the 96th percentile of what is not zero, whatever one outlier says", () => {
    const ring = ringWith(100, (seq, row) => ({
      v_add: row % 2 === 0 ? 0 : seq === 50 && row === 1 ? 1e9 : 10,
    }));
    expect(robustMax(ring, fieldOf("v_add"), 0, 99)).toBe(10);
  });

  it("takes both forces together", () => {
    const ring = ringWith(10, () => ({ pressure_variant: 3, vacuum_variant: 4 }));
    expect(robustMax(ring, FORCES, 0, 9)).toBe(7);
  });

  it("takes the size of signed values", () => {
    const ring = ringWith(10, () => ({ v_bid_depth: -6 }));
    expect(robustMax(ring, fieldOf("v_bid_depth"), 0, 9)).toBe(6);
  });

  it("looks only at what is seen, and finds nothing in nothing", () => {
    const ring = ringWith(100, (seq) => ({ v_add: seq < 50 ? 5 : 0 }));
    expect(robustMax(ring, fieldOf("v_add"), 0, 20)).toBe(5);
    expect(robustMax(ring, fieldOf("v_add"), 60, 99)).toBeNull();
    expect(robustMax(ring, fieldOf("v_add"), 500, 600)).toBeNull();
  });

  it("is fixed where values have bounds", () => {
    expect(
      robustMax(
        ringWith(2, () => ({})),
        fieldOf("flow_score"),
        0,
        1,
      ),
    ).toBe(1);
  });
});

function fieldOf(id: string): (typeof fields)[number] {
  const field = fields.find((candidate) => candidate.id === id);
  if (field === undefined) throw new Error(`no field ${id}`);
  return field;
}
const fields = heatFields(GRID_COLUMNS);

describe("the fields", () => {
  it("offer every column but k, and the view of both forces first", () => {
    expect(fields[0]).toBe(FORCES);
    expect(fields).toHaveLength(GRID_COLUMNS.length);
    expect(fields.map((field) => field.id)).not.toContain("k");
  });

  it("know how each column is coloured", () => {
    expect(fieldOf("pressure_variant")).toMatchObject({
      kind: "sequential",
      label: "pressure",
      unit: "qty/s",
    });
    expect(fieldOf("v_add").kind).toBe("sequential");
    expect(fieldOf("a_add").kind).toBe("diverging");
    expect(fieldOf("v_bid_depth").kind).toBe("diverging");
    expect(fieldOf("composite")).toMatchObject({ kind: "diverging", bound: 1 });
    expect(fieldOf("state5_code")).toMatchObject({ kind: "codes", codes: [-2, 2] });
    expect(fieldOf("event_age").kind).toBe("sequential");
  });

  it("a serving without the forces starts with what it has", () => {
    const served = GRID_COLUMNS.filter((column) => ["k", "v_add", "last_event_id"].includes(column.name));
    expect(heatFields(served).map((field) => field.id)).toEqual(["v_add", "event_age"]);
  });
});
