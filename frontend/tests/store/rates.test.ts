import { expect, it } from "vitest";
import { RateMeter } from "../../src/store/rates.js";

it("nothing has no rate", () => {
  const meter = new RateMeter();
  expect([meter.binsPerSecond(0), meter.playbackSpeed(0)]).toEqual([0, 0]);
  meter.record(0, 100);
  expect([meter.binsPerSecond(10), meter.playbackSpeed(10)]).toEqual([0, 0]);
});

it("measures bins a second and the speed of playback", () => {
  const meter = new RateMeter();
  // Bins of 100 ms that come every 20 ms: five times real time.
  for (let i = 0; i <= 50; i += 1) meter.record(i * 20, i * 100);
  expect(meter.binsPerSecond(1000)).toBeCloseTo(50);
  expect(meter.playbackSpeed(1000)).toBeCloseTo(5);
});

it("falls to nothing when the stream pauses, and forgets on reset", () => {
  const meter = new RateMeter();
  for (let i = 0; i <= 10; i += 1) meter.record(i * 100, i * 100);
  expect(meter.binsPerSecond(2000)).toBeCloseTo(5);
  expect(meter.binsPerSecond(6000)).toBe(0);
  meter.record(7000, 700);
  meter.record(7100, 800);
  meter.reset();
  expect(meter.binsPerSecond(7200)).toBe(0);
});
