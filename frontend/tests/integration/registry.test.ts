/** The registry's client against the fake gateway: what is read, changed, refused. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RequestFailed } from "../../src/wire/errors.js";
import { ABSENT, RegistryClient } from "../../src/wire/registry.js";
import { MockGateway } from "../mock-gateway/server.js";

let gateway: MockGateway;
let client: RegistryClient;

beforeEach(async () => {
  gateway = new MockGateway({ binsPerSecond: 0 });
  client = new RegistryClient(await gateway.start());
});
afterEach(() => gateway.stop());

const bob = { who: "bob", why: "because" };

describe("the registry", () => {
  it("lists servings, the newest first, the damaged one with its error", async () => {
    const { items, total } = await client.servings();
    expect(total).toBe(5);
    expect(items[0]?.error).toContain("hash mismatch");
    expect(items.at(-1)).toMatchObject({ name: "demo", symbol: "ESM4", aliases: ["demo"] });
    expect((await client.servings({ limit: 2, offset: 4 })).items).toHaveLength(1);
  });

  it("lists every alias, however many answers that takes", async () => {
    for (let i = 0; i < 600; i += 1)
      gateway.registry.promote(`a${i}`, { serving_id: gateway.registry.id(0), ...bob });
    const names = (await client.everyAlias()).map(({ alias }) => alias);
    expect(names).toHaveLength(602);
    expect(new Set(names).size).toBe(602);
  });

  it("resolves an alias to every field, and names what there is when it cannot", async () => {
    const { serving, version } = await client.resolve("demo");
    expect(serving.runtime_snapshot.tau_velocity).toBe(2);
    expect(version).toBe(3);
    await expect(client.resolve("nobody")).rejects.toMatchObject({
      status: 404,
      problem: { type: "NotFound", available: expect.arrayContaining(["demo"]) as unknown },
    });
  });

  it("promotes only what still points where it was seen", async () => {
    const seen = await client.alias("demo");
    const target = gateway.registry.id(2);
    const moved = await client.promote("demo", {
      serving_id: target,
      expected_serving_id: seen.serving_id,
      ...bob,
    });
    expect(moved).toMatchObject({ serving_id: target, version: seen.version + 1 });
    const late = client.promote("demo", { serving_id: target, expected_serving_id: seen.serving_id, ...bob });
    await expect(late).rejects.toMatchObject({
      status: 409,
      problem: { type: "AliasConflict", current_serving_id: target, expected_serving_id: seen.serving_id },
    });
    const { items } = await client.history("demo", { limit: 2 });
    expect(items.map(({ outcome }) => outcome)).toEqual(["refused", "done"]);
  });

  it("makes an alias only where there is none", async () => {
    const request = { serving_id: gateway.registry.id(0), expected_serving_id: ABSENT, ...bob };
    expect((await client.promote("new", request)).version).toBe(1);
    await expect(client.promote("new", request)).rejects.toBeInstanceOf(RequestFailed);
  });

  it("rolls back, says where it pointed before, and pages through the trail", async () => {
    await expect(client.rollback("esm4-open", bob)).rejects.toMatchObject({ problem: { type: "Conflict" } });
    const first = (await client.history("demo", { outcome: "done" })).items.at(-1);
    expect((await client.alias("demo", first?.at)).version).toBe(1);
    await expect(client.alias("demo", "2020-01-01T00:00:00Z")).rejects.toThrow("demo since");
    const whole = await client.events({ limit: 500 });
    const paged = await client.events({ limit: 3, offset: 3 });
    expect(paged.items).toEqual(whole.items.slice(3, 6));
    expect(paged.total).toBe(whole.total);
  });

  it("compares field by field, null where a side has none", async () => {
    const { changes, same } = await client.diff("demo", gateway.registry.id(2));
    expect(same).toBe(false);
    expect(changes).toContainEqual({ field: "tau_velocity", a: 2, b: 1.5 });
    expect(changes).toContainEqual({ field: "signal.params.window", a: null, b: 20 });
    expect((await client.diff("demo", "demo")).same).toBe(true);
  });

  it("that is down says so", async () => {
    gateway.registry.down = "registry: connection refused";
    await expect(client.everyAlias()).rejects.toMatchObject({
      status: 503,
      reason: "registry: connection refused",
    });
  });
});
