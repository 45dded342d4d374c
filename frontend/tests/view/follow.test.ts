import { describe, expect, it } from "vitest";
import type { Camera } from "../../src/view/camera.js";
import { FOLLOW, follow } from "../../src/view/follow.js";

const SIZE = { width: 1000, height: 500 };
const CAMERA: Camera = { rightBin: 0, binsPerPx: 0.25, centreTick: 100, ticksPerPx: 0.2 };
const BOTH = { time: true, price: true };
const FUTURE_BINS = 1000 * FOLLOW.futureShare * 0.25;
const BAND_TICKS = 500 * FOLLOW.bandShare * 0.2;

/** Let frames of 16 ms pass until nothing moves. */
function settle(camera: Camera, newestBin: number, spotTick: number): { camera: Camera; frames: number } {
  for (let frames = 1; frames < 1000; frames += 1) {
    const step = follow(camera, SIZE, BOTH, { newestBin, spotTick }, 16, false);
    camera = step.camera;
    if (!step.moving) return { camera, frames };
  }
  throw new Error("it never comes to rest");
}

describe("following time", () => {
  it("comes to rest with the newest bin left of a little future", () => {
    const { camera, frames } = settle(CAMERA, 40, 100);
    expect(camera.rightBin).toBe(41 + FUTURE_BINS);
    expect(frames).toBeGreaterThan(3);
  });

  it("keeps the newest bin in the picture, however fast bins come", () => {
    let camera = CAMERA;
    for (let newestBin = 0; newestBin < 2000; newestBin += 20) {
      camera = follow(camera, SIZE, BOTH, { newestBin, spotTick: 100 }, 16, false).camera;
      expect(camera.rightBin).toBeGreaterThan(newestBin + 1);
    }
  });

  it("never jumps back", () => {
    let camera = CAMERA;
    for (let i = 0; i < 50; i += 1) {
      const next = follow(camera, SIZE, BOTH, { newestBin: 40, spotTick: 100 }, 16, false).camera;
      expect(next.rightBin).toBeGreaterThanOrEqual(camera.rightBin);
      camera = next;
    }
  });

  it("jumps over what is too far to be watched, and at once where motion is unwelcome", () => {
    const far = follow(CAMERA, SIZE, BOTH, { newestBin: 5000, spotTick: 100 }, 16, false);
    expect(far.camera.rightBin).toBe(5001 + FUTURE_BINS);
    const instant = follow(CAMERA, SIZE, BOTH, { newestBin: 40, spotTick: 100 }, 0, true);
    expect(instant).toEqual({ camera: { ...CAMERA, rightBin: 41 + FUTURE_BINS }, moving: false });
  });

  it("does nothing while it is off", () => {
    const step = follow(
      CAMERA,
      SIZE,
      { time: false, price: false },
      { newestBin: 40, spotTick: 500 },
      16,
      false,
    );
    expect(step).toEqual({ camera: CAMERA, moving: false });
  });
});

describe("following price", () => {
  it("rests while spot is inside the band", () => {
    expect(settle(CAMERA, 40, 100 + BAND_TICKS - 1).camera.centreTick).toBe(100);
    expect(settle(CAMERA, 40, 100 - BAND_TICKS + 1).camera.centreTick).toBe(100);
  });

  it("brings spot back to the edge of the band, from either side", () => {
    expect(settle(CAMERA, 40, 130).camera.centreTick).toBeCloseTo(130 - BAND_TICKS, 9);
    expect(settle(CAMERA, 40, 70).camera.centreTick).toBeCloseTo(70 + BAND_TICKS, 9);
  });

  it("rests while there is no touch", () => {
    expect(settle(CAMERA, 40, NaN).camera.centreTick).toBe(100);
  });
});
