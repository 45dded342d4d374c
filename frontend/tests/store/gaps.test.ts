import { expect, it } from "vitest";
import { GAP, GapFinder } from "../../src/store/gaps.js";
import type { GridRing } from "../../src/store/ring.js";

/** As much of a ring as a gap finder looks at. */
function ringOf(newest: number, present: (seq: number) => boolean, capacity = 8192): GridRing {
  return { newest, capacity, bin: (seq: number) => (present(seq) ? {} : null) } as unknown as GridRing;
}

it("a ring without holes asks for nothing", () => {
  expect(
    new GapFinder().next(
      ringOf(1000, () => true),
      0,
      1000,
    ),
  ).toBeNull();
});

it("asks for the hole nearest to the right, and only for what is seen", () => {
  const ring = ringOf(2000, (seq) => seq >= 600 || (seq >= 200 && seq < 500));
  expect(new GapFinder().next(ring, 100, 1500)).toEqual({ from: 500, to: 600 });
  expect(new GapFinder().next(ring, 560, 1500)).toEqual({ from: 560, to: 600 });
});

it("asks in chunks", () => {
  expect(
    new GapFinder().next(
      ringOf(5000, (seq) => seq >= 4000),
      0,
      5000,
    ),
  ).toEqual({ from: 4000 - GAP.chunk, to: 4000 });
});

it("leaves the newest bins alone: they are on their way", () => {
  expect(
    new GapFinder().next(
      ringOf(1000, (seq) => seq < 951),
      0,
      1100,
    ),
  ).toBeNull();
});

it("asks for nothing before the session or beyond what the ring can hold", () => {
  expect(
    new GapFinder().next(
      ringOf(100, (seq) => seq >= 10),
      -500,
      60,
    ),
  ).toEqual({ from: 0, to: 10 });
  expect(
    new GapFinder().next(
      ringOf(9000, (seq) => seq >= 900, 8192),
      0,
      5000,
    ),
  ).toEqual({ from: 809, to: 900 });
});

it("asks once: what the gateway has forgotten stays forgotten", () => {
  const finder = new GapFinder();
  const ring = ringOf(1000, (seq) => seq >= 400);
  const range = finder.next(ring, 0, 900);
  expect(range).toEqual({ from: 100, to: 400 });
  if (range !== null) finder.markAsked(range);
  expect(finder.next(ring, 0, 900)).toEqual({ from: 0, to: 100 });
  finder.markAsked({ from: 0, to: 100 });
  expect(finder.next(ring, 0, 900)).toBeNull();
});
