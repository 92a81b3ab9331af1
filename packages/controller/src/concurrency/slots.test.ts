import { expect, test } from "vitest";
import { Slots } from "./slots.ts";

const never = new AbortController().signal;
const noTime = (): number => 0;

test("as many hold a place as there are, and the next gets it in the order in which they came", async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  const releases: (() => void)[] = [];
  const takers = [1, 2, 3, 4].map(async (number) => {
    releases.push(await slots.take(noTime, never));
    order.push(number);
  });
  await Promise.all(takers.slice(0, 2));
  expect(order).toEqual([1, 2]);
  releases[1]?.();
  // Given back twice, it is one place.
  releases[1]?.();
  await takers[2];
  await Promise.resolve();
  expect(order).toEqual([1, 2, 3]);
  releases[0]?.();
  await takers[3];
  expect(order).toEqual([1, 2, 3, 4]);
});

test("who gives up waiting gets no place, and takes none from the next", async () => {
  const slots = new Slots(1);
  const release = await slots.take(noTime, never);
  const impatient = new AbortController();
  const waiting = slots.take(noTime, impatient.signal);
  const patient = slots.take(noTime, never);
  impatient.abort();
  await expect(waiting).rejects.toThrow("aborted");
  release();
  (await patient)();
  (await slots.take(noTime, never))();
  await expect(slots.take(noTime, impatient.signal)).rejects.toThrow("aborted");
});

test("what is held too long is taken back, once, and giving it back afterwards frees nothing", async () => {
  const slots = new Slots(1);
  const late = await slots.take(() => 100, never);
  const next = slots.take(() => 300, never);
  slots.takeBack(100);
  slots.takeBack(101);
  await next;
  late();
  const third = slots.take(noTime, never);
  slots.takeBack(300);
  const impatient = new AbortController();
  const fourth = slots.take(noTime, impatient.signal);
  (await next)();
  await third;
  impatient.abort();
  await expect(fourth).rejects.toThrow("aborted");
});
