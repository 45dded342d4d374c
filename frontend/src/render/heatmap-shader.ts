/** The heatmap's shader: every fragment is a bucket of cells, averaged and looked up in the palette. */
import { LOG_RANGE } from "../view/colour-scale.js";
import type { Curve } from "../view/colour-scale.js";
import type { FieldKind } from "../view/fields.js";

/** In the spot texture: this slot has no bin, or the bin had no valid touch. */
export const NO_SPOT = -1e9;

export const KIND_CODES: Readonly<Record<FieldKind, number>> = {
  forces: 0,
  diverging: 1,
  sequential: 2,
  codes: 3,
};
export const CURVE_CODES: Readonly<Record<Curve, number>> = { linear: 0, root: 1, log: 2 };

/** One triangle that covers everything. */
export const VERTEX_SHADER = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

export const FRAGMENT_SHADER = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;

uniform sampler2D uGrid;      // x: row, y: slot; r and g: the field's columns
uniform sampler2D uSpot;      // y: slot; r: spot tick relative to the anchor
uniform sampler2D uPalette;   // x: balance, sign or code; y: strength
uniform ivec2 uPaletteSize;
uniform int uRows;
uniform int uCapacity;
uniform ivec2 uRange;         // oldest and newest bin
uniform ivec2 uFirst;         // first bin and tick
uniform ivec2 uStep;          // bins and ticks in a texel
uniform int uKind;
uniform int uCurve;
uniform vec2 uCodes;          // lowest and highest code
uniform float uMax;
uniform vec3 uOutside;        // colour where there is no cell
uniform vec3 uLost;           // colour of bins that did not come

out vec4 colour;

const int MAX_SAMPLES = 16;   // of each axis of a bucket

float strength(float value) {
  float t = min(1.0, abs(value) / uMax);
  if (uCurve == 1) return sqrt(t);
  if (uCurve == 2) return log(1.0 + ${LOG_RANGE}.0 * t) / log(1.0 + ${LOG_RANGE}.0);
  return t;
}

vec3 paint(vec2 value) {
  float across = 0.0;
  float up = 0.0;
  if (uKind == 0) {
    float sum = value.x + value.y;
    across = sum > 0.0 ? 0.5 + 0.5 * (value.x - value.y) / sum : 0.5;
    up = strength(sum);
  } else if (uKind == 1) {
    across = 0.5 + 0.5 * sign(value.x) * strength(value.x);
  } else if (uKind == 2) {
    across = strength(value.x);
  } else {
    across = (value.x - uCodes.x) / max(1.0, uCodes.y - uCodes.x);
  }
  vec2 size = vec2(uPaletteSize);
  return texture(uPalette, (vec2(across, up) * (size - 1.0) + 0.5) / size).rgb;
}

void main() {
  ivec2 texel = ivec2(gl_FragCoord.xy);
  ivec2 low = uFirst + texel * uStep;
  ivec2 stride = (uStep + MAX_SAMPLES - 1) / MAX_SAMPLES;
  vec2 sum = vec2(0.0);
  float count = 0.0;
  bool lost = false;
  for (int i = 0; i < uStep.x; i += stride.x) {
    int seq = low.x + i;
    if (seq < uRange.x || seq > uRange.y) continue;
    int slot = seq % uCapacity;
    float spot = texelFetch(uSpot, ivec2(0, slot), 0).r;
    if (spot < ${NO_SPOT.toFixed(1)} * 0.5) {
      lost = true;
      continue;
    }
    int row = low.y - int(spot) + uRows / 2;
    for (int j = 0; j < uStep.y; j += stride.y, row += stride.y) {
      if (row < 0 || row >= uRows) continue;
      vec2 value = texelFetch(uGrid, ivec2(row, slot), 0).rg;
      // Codes have no mean: a bucket shows its largest.
      if (uKind == 3) sum = abs(value.x) > abs(sum.x) ? value : sum;
      else sum += value;
      count += 1.0;
    }
  }
  if (count > 0.0) colour = vec4(paint(uKind == 3 ? sum : sum / count), 1.0);
  else colour = vec4(lost ? uLost : uOutside, 1.0);
}`;
