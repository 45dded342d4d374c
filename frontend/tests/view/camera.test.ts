import { describe, expect, it } from "vitest";
import {
  ZOOM,
  binAtX,
  clampTime,
  fitCamera,
  pan,
  tickAtY,
  visibleBins,
  xOfBin,
  yOfTick,
  zoomPrice,
  zoomTime,
} from "../../src/view/camera.js";
import type { Camera } from "../../src/view/camera.js";

const SIZE = { width: 800, height: 400 };
const CAMERA: Camera = { rightBin: 1000, binsPerPx: 0.5, centreTick: 20_800, ticksPerPx: 0.25 };

describe("pixels and places are each other's inverse", () => {
  it.each([0, 1, 399.5, 800])("across, at %d", (x) => {
    expect(xOfBin(CAMERA, SIZE, binAtX(CAMERA, SIZE, x))).toBeCloseTo(x, 9);
  });

  it.each([0, 200, 399.5])("upwards, at %d", (y) => {
    expect(yOfTick(CAMERA, SIZE, tickAtY(CAMERA, SIZE, y))).toBeCloseTo(y, 9);
  });

  it("the right edge and the middle are where the camera says", () => {
    expect(binAtX(CAMERA, SIZE, 800)).toBe(1000);
    expect(tickAtY(CAMERA, SIZE, 200)).toBe(20_800);
    expect(tickAtY(CAMERA, SIZE, 0)).toBe(20_850);
  });
});

it("the visible bins are those that touch the plot", () => {
  expect(visibleBins(CAMERA, SIZE)).toEqual([600, 999]);
  expect(visibleBins({ ...CAMERA, rightBin: 1000.25 }, SIZE)).toEqual([600, 1000]);
});

it("dragging moves what is under the pointer along with it", () => {
  const moved = pan(CAMERA, 30, -12);
  expect(binAtX(moved, SIZE, 130)).toBeCloseTo(binAtX(CAMERA, SIZE, 100), 9);
  expect(tickAtY(moved, SIZE, 88)).toBeCloseTo(tickAtY(CAMERA, SIZE, 100), 9);
});

describe("zooming", () => {
  it.each([0, 250, 800])("in time keeps the bin at x = %d", (x) => {
    const zoomed = zoomTime(CAMERA, SIZE, 1.7, x);
    expect(binAtX(zoomed, SIZE, x)).toBeCloseTo(binAtX(CAMERA, SIZE, x), 9);
    expect(zoomed.binsPerPx).toBeCloseTo(0.85, 12);
  });

  it.each([0, 200, 333])("in price keeps the tick at y = %d", (y) => {
    const zoomed = zoomPrice(CAMERA, SIZE, 0.5, y);
    expect(tickAtY(zoomed, SIZE, y)).toBeCloseTo(tickAtY(CAMERA, SIZE, y), 9);
    expect(zoomed.ticksPerPx).toBeCloseTo(0.125, 12);
  });

  it("stops at its limits and still keeps its place", () => {
    const far = zoomTime(CAMERA, SIZE, 1e9, 300);
    expect(far.binsPerPx).toBe(ZOOM.maxBinsPerPx);
    expect(binAtX(far, SIZE, 300)).toBeCloseTo(binAtX(CAMERA, SIZE, 300), 6);
    expect(zoomPrice(CAMERA, SIZE, 1e-9, 0).ticksPerPx).toBe(ZOOM.minTicksPerPx);
  });
});

it("a fitted camera shows all its rows", () => {
  const camera = fitCamera(50, 20_800, 101, SIZE, 4);
  expect(camera.binsPerPx).toBe(0.25);
  expect(tickAtY(camera, SIZE, 0)).toBeGreaterThan(20_850.5);
  expect(tickAtY(camera, SIZE, SIZE.height)).toBeLessThan(20_749.5);
});

it("time cannot be lost from sight on either side", () => {
  // 800 px show 400 bins: a tenth of the past, or a tenth of the present, always stays.
  expect(clampTime({ ...CAMERA, rightBin: -1e6 }, SIZE, 100, 900).rightBin).toBe(140);
  expect(clampTime({ ...CAMERA, rightBin: 1e6 }, SIZE, 100, 900).rightBin).toBe(1261);
  expect(clampTime(CAMERA, SIZE, 100, 900)).toEqual(CAMERA);
});
