/** `npm run mock`: the fake gateway on port 8002 (or the first argument), until interrupted. */
import { MockGateway } from "./server.js";

export async function main(args: readonly string[]): Promise<number> {
  const gateway = new MockGateway({ port: Number(args[0] ?? "8002"), history: 900, backfillBins: 900 });
  console.log(`mock gateway on ${await gateway.start()}, serving "demo"; Ctrl-C stops it`);
  await new Promise((resolve) => process.once("SIGINT", resolve));
  await gateway.stop();
  return 0;
}
