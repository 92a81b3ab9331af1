/** How much is listed, followed and published: in full, and in the form that ./test can afford. */

export const fullLoad = {
  hosts: 1_000,
  vms: 20_000,
  pageItems: 100,
  pages: 1_000,
  walks: 10,
  clients: 500,
  events: 1_200,
  /** 10,000 deliveries a second: some ten moves that change their step at once, and every change of a VM besides. */
  eventsPerS: 20,
  /** One in so many events is the last that a client takes of its connection. */
  cutOneIn: 200,
};
export const quickLoad = { ...fullLoad, pages: 200, walks: 3, events: 200, cutOneIn: 60 };

export type Load = typeof fullLoad;
