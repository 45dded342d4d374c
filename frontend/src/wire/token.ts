/**
 * The token that a gateway may want: kept for this tab's session, shown by header or, for a WebSocket, by subprotocol,
 * and never part of a URL. Who asks the user for it is the page's business (`onTokenWanted`).
 */
const KEY = "qmachina.token";

/** Asks for a token; answers whether there is a new one to try. */
export type TokenAsker = (why: string) => Promise<boolean>;

let asker: TokenAsker = () => Promise.resolve(false);
let asking: Promise<boolean> | null = null;

export function onTokenWanted(ask: TokenAsker): void {
  asker = ask;
}

/** Ask once, however many requests were refused at the same time. */
export function wantToken(why: string): Promise<boolean> {
  asking ??= asker(why).finally(() => {
    asking = null;
  });
  return asking;
}

export function storedToken(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null; // a browser that keeps nothing, or no browser at all
  }
}

export function storeToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

/** `init` with the header that shows the token, where there is one. */
export function withToken(init: RequestInit): RequestInit {
  const token = storedToken();
  if (token === null) return init;
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${token}`);
  return { ...init, headers };
}

/** `protocols` with the one that shows the token, where there is one. */
export function protocolsWithToken(protocols: readonly string[]): string[] {
  const token = storedToken();
  return token === null ? [...protocols] : [...protocols, `bearer.${base64Url(token)}`];
}

/** Whether a WebSocket was closed for want of a token that is accepted. */
export function isTokenRefusal(reason: string): boolean {
  return /^(a token is needed|the token that was shown is not accepted)/.test(reason);
}

function base64Url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
