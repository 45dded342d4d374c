/**
 * Draws the heatmap: a texture with one row a bin, of which only changed rows are uploaded; and a canvas
 * with one pixel a texel, painted only when cells or colours changed, and stretched by the compositor.
 *
 * Gets plain data (view/heat-source.ts) and only draws. After a lost context, make a new renderer.
 */
import type { SlotSpan } from "../store/dirty.js";
import type { Rgb } from "../view/colour.js";
import type { HeatContent, HeatSource, HeatView } from "../view/heat-source.js";
import type { Palette } from "../view/palettes.js";
import { Program, contextOf, makeTexture } from "./gl.js";
import { stagedCells, stagedSpots } from "./heatmap-data.js";
import { CURVE_CODES, FRAGMENT_SHADER, KIND_CODES, VERTEX_SHADER } from "./heatmap-shader.js";

const GRID_UNIT = 0;
const SPOT_UNIT = 1;
const PALETTE_UNIT = 2;

export interface HeatBackground {
  /** Where there is no cell. */
  readonly outside: Rgb;
  /** Bins that did not come, or had no valid touch. */
  readonly lost: Rgb;
}

export class HeatmapRenderer {
  private readonly gl: WebGL2RenderingContext;
  private readonly program: Program;
  private readonly grid: WebGLTexture;
  private readonly spot: WebGLTexture;
  private readonly palette: WebGLTexture;
  private source: HeatSource | null = null;
  private paletteSize: readonly [number, number] = [1, 1];
  private background: HeatBackground = { outside: [0, 0, 0], lost: [0, 0, 0] };
  /** What the canvas shows; "" once it is out of date. */
  private painted = "";

  /** Throws GlUnavailable. */
  constructor(private readonly canvas: HTMLCanvasElement) {
    const gl = contextOf(canvas);
    this.gl = gl;
    this.program = new Program(gl, VERTEX_SHADER, FRAGMENT_SHADER);
    this.program.use();
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    this.grid = makeTexture(gl, GRID_UNIT, gl.NEAREST);
    this.spot = makeTexture(gl, SPOT_UNIT, gl.NEAREST);
    this.palette = makeTexture(gl, PALETTE_UNIT, gl.LINEAR);
    gl.bindVertexArray(gl.createVertexArray());
  }

  get maxTextureSize(): number {
    return this.gl.getParameter(this.gl.MAX_TEXTURE_SIZE) as number;
  }

  /** Use these arrays from now on; every slot has to be uploaded again. */
  setSource(source: HeatSource): void {
    const { gl } = this;
    const sameSize = this.source?.rows === source.rows && this.source.capacity === source.capacity;
    this.source = source;
    if (sameSize) return;
    this.bind(GRID_UNIT, this.grid);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RG32F, source.rows, source.capacity, 0, gl.RG, gl.FLOAT, null);
    this.bind(SPOT_UNIT, this.spot);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32F, 1, source.capacity, 0, gl.RED, gl.FLOAT, null);
    this.painted = "";
  }

  setPalette({ width, height, pixels }: Palette): void {
    const { gl } = this;
    this.paletteSize = [width, height];
    this.bind(PALETTE_UNIT, this.palette);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    this.painted = "";
  }

  setBackground(background: HeatBackground): void {
    this.background = background;
    this.painted = "";
  }

  upload(spans: readonly SlotSpan[]): void {
    const { gl, source } = this;
    if (source === null || spans.length === 0) return;
    for (const { first, end } of spans) {
      const slots = end - first;
      this.bind(GRID_UNIT, this.grid);
      const cells = stagedCells(source, first, end);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, first, source.rows, slots, gl.RG, gl.FLOAT, cells);
      this.bind(SPOT_UNIT, this.spot);
      const spots = stagedSpots(source, first, end);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, first, 1, slots, gl.RED, gl.FLOAT, spots);
    }
    this.painted = "";
  }

  /** Null clears. The canvas keeps its picture until its content changes; its place may change every frame. */
  draw(view: HeatView | null): void {
    const { canvas, source } = this;
    canvas.hidden = view === null || source === null;
    if (view === null || source === null) return;
    const { x, y, width, height } = view.place;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    canvas.style.transform = `translate(${x}px, ${y}px)`;
    const content = JSON.stringify(view.content);
    if (content !== this.painted) this.paint(view.content, source);
    this.painted = content;
  }

  private paint(content: HeatContent, source: HeatSource): void {
    const { gl, canvas, program, background } = this;
    if (canvas.width !== content.bins.count) canvas.width = content.bins.count;
    if (canvas.height !== content.ticks.count) canvas.height = content.ticks.count;
    gl.uniform1i(program.at("uGrid"), GRID_UNIT);
    gl.uniform1i(program.at("uSpot"), SPOT_UNIT);
    gl.uniform1i(program.at("uPalette"), PALETTE_UNIT);
    gl.uniform2i(program.at("uPaletteSize"), ...this.paletteSize);
    gl.uniform1i(program.at("uRows"), source.rows);
    gl.uniform1i(program.at("uCapacity"), source.capacity);
    gl.uniform2i(program.at("uRange"), content.oldest, content.newest);
    gl.uniform2i(program.at("uFirst"), content.bins.first, content.ticks.first);
    gl.uniform2i(program.at("uStep"), content.bins.step, content.ticks.step);
    gl.uniform1i(program.at("uKind"), KIND_CODES[content.kind]);
    gl.uniform1i(program.at("uCurve"), CURVE_CODES[content.scale.curve]);
    gl.uniform2f(program.at("uCodes"), ...content.codes);
    gl.uniform1f(program.at("uMax"), content.scale.max);
    gl.uniform3f(program.at("uOutside"), ...unit(background.outside));
    gl.uniform3f(program.at("uLost"), ...unit(background.lost));
    gl.viewport(0, 0, content.bins.count, content.ticks.count);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  private bind(textureUnit: number, texture: WebGLTexture): void {
    this.gl.activeTexture(this.gl.TEXTURE0 + textureUnit);
    this.gl.bindTexture(this.gl.TEXTURE_2D, texture);
  }
}

function unit([r, g, b]: Rgb): [number, number, number] {
  return [r / 255, g / 255, b / 255];
}
