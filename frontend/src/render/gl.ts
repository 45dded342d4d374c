/** WebGL2 plumbing: programs and textures. Errors say what the driver said. */

export class GlUnavailable extends Error {
  override readonly name = "GlUnavailable";
}

/** Throws GlUnavailable where the browser has no WebGL2. */
export function contextOf(canvas: HTMLCanvasElement): WebGL2RenderingContext {
  const gl = canvas.getContext("webgl2", {
    alpha: false,
    antialias: false,
    depth: false,
    powerPreference: "high-performance",
  });
  if (gl === null) throw new GlUnavailable("this browser or its graphics driver offers no WebGL2");
  return gl;
}

/** A linked program with its uniform locations, looked up once. */
export class Program {
  private readonly program: WebGLProgram;
  private readonly locations = new Map<string, WebGLUniformLocation | null>();

  /** Throws GlUnavailable where the driver refuses the shaders. */
  constructor(
    private readonly gl: WebGL2RenderingContext,
    vertex: string,
    fragment: string,
  ) {
    this.program = gl.createProgram();
    this.attach(gl.VERTEX_SHADER, vertex);
    this.attach(gl.FRAGMENT_SHADER, fragment);
    gl.linkProgram(this.program);
    if (gl.getProgramParameter(this.program, gl.LINK_STATUS) !== true && !gl.isContextLost()) {
      throw new GlUnavailable(`the shaders do not link: ${gl.getProgramInfoLog(this.program) ?? ""}`);
    }
  }

  use(): void {
    this.gl.useProgram(this.program);
  }

  at(name: string): WebGLUniformLocation | null {
    let location = this.locations.get(name);
    if (location === undefined) {
      location = this.gl.getUniformLocation(this.program, name);
      this.locations.set(name, location);
    }
    return location;
  }

  private attach(type: number, source: string): void {
    const { gl } = this;
    const shader = gl.createShader(type);
    if (shader === null) throw new GlUnavailable("the WebGL context was lost");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (gl.getShaderParameter(shader, gl.COMPILE_STATUS) !== true && !gl.isContextLost()) {
      throw new GlUnavailable(`a shader does not compile: ${gl.getShaderInfoLog(shader) ?? ""}`);
    }
    gl.attachShader(this.program, shader);
    gl.deleteShader(shader);
  }
}

/** A texture without mipmaps, clamped, bound to its unit for good; `filter` is gl.NEAREST or gl.LINEAR. */
export function makeTexture(gl: WebGL2RenderingContext, unit: number, filter: number): WebGLTexture {
  const texture = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}
