/**
 * Predicted against measured as a picture: three squares side by side, one for each figure, both axes alike. A move that was
 * foretold exactly lies on the diagonal; within the band it is off by no more than a quarter.
 */
import type { CaseResult, Figures } from "./one-case.ts";

interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly of: (figures: Figures) => number;
}

const panels: readonly Panel[] = [
  { title: "duration", unit: "s", of: ({ totalMs }) => totalMs / 1000 },
  { title: "bytes", unit: "MiB", of: ({ bytes }) => bytes / 1024 / 1024 },
  { title: "downtime", unit: "ms", of: ({ downtimeMs }) => downtimeMs },
];

export function scatterOf(results: readonly CaseResult[]): string {
  const ended = results.filter(({ predicted, measured }) => measured !== null && predicted.converges);
  const width = panels.length * (side + gap) + gap;
  const body = panels.map((panel, at) => panelOf(panel, ended, gap + at * (side + gap)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${side + 3 * gap}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${side + 3 * gap}" fill="white"/>`,
    ...body,
    `<circle cx="${gap + 6}" cy="${side + 2.6 * gap}" r="4" fill="${colours.counted}"/>`,
    `<text x="${gap + 16}" y="${side + 2.6 * gap + 4}">predicted without having been learned from</text>`,
    `<circle cx="${gap + 306}" cy="${side + 2.6 * gap}" r="4" fill="none" stroke="${colours.learned}"/>`,
    `<text x="${gap + 316}" y="${side + 2.6 * gap + 4}">learned from</text>`,
    "</svg>",
    "",
  ].join("\n");
}

function panelOf({ title, unit, of }: Panel, results: readonly CaseResult[], left: number): string {
  const points = results.flatMap(({ of: { isForLearning }, predicted, measured }) =>
    measured === null ? [] : [{ isForLearning, x: of(measured), y: of(predicted) }],
  );
  const most = niceEnd(Math.max(1, ...points.flatMap(({ x, y }) => [x, y])));
  const x = (value: number): string => (left + (value / most) * side).toFixed(1);
  const y = (value: number): string => (gap + side - (value / most) * side).toFixed(1);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => share * most);
  return [
    `<g><path d="M${x(0)} ${y(0)} L${x(most)} ${y(most * 0.75)} L${x(most)} ${y(most)} L${x(most / 1.25)} ${y(most)} Z" fill="${colours.band}"/>`,
    `<rect x="${left}" y="${gap}" width="${side}" height="${side}" fill="none" stroke="black"/>`,
    `<line x1="${x(0)}" y1="${y(0)}" x2="${x(most)}" y2="${y(most)}" stroke="grey"/>`,
    ...ticks.map((tick) => `<text x="${x(tick)}" y="${gap + side + 16}" text-anchor="middle">${label(tick)}</text>`),
    ...ticks.map((tick) => `<text x="${left - 4}" y="${Number(y(tick)) + 4}" text-anchor="end">${label(tick)}</text>`),
    `<text x="${left + side / 2}" y="${gap - 8}" text-anchor="middle" font-weight="bold">${title}, ${unit}</text>`,
    `<text x="${left + side / 2}" y="${gap + side + 34}" text-anchor="middle">measured (predicted upwards)</text>`,
    ...points.map(({ isForLearning, x: measured, y: predicted }) =>
      isForLearning
        ? `<circle cx="${x(measured)}" cy="${y(predicted)}" r="4" fill="none" stroke="${colours.learned}"/>`
        : `<circle cx="${x(measured)}" cy="${y(predicted)}" r="4" fill="${colours.counted}" fill-opacity="0.7"/>`,
    ),
    "</g>",
  ].join("\n");
}

/** The next of 1, 2, 4, 5 and their tenfolds. */
function niceEnd(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

const label = (value: number): string => String(Math.round(value * 100) / 100);
const side = 320;
const gap = 48;
const colours = { counted: "#1f5fa8", learned: "#b06a00", band: "#eef3ea" } as const;
