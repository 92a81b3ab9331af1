/** The `Probe` port: an echo session and a count of announcements, both at one point of the network. */
import type { ProbePoint } from "@trunkline/model";
import type { Probe, ProbeFigures, ProbeTarget, ProbeWatch } from "@trunkline/ports";
import { captureAnnounces } from "./announce-capture.ts";
import { EchoProcess } from "./probe-process.ts";
import type { EchoFigures } from "./probe-process.ts";

export function echoProbe(point: ProbePoint): Probe {
  return {
    point: point.name,
    watch: async (target: ProbeTarget, signal: AbortSignal): Promise<ProbeWatch> => {
      const where = `${point.name} (${target.address}:${target.echoPort})`;
      const capture = await captureAnnounces(point.shell, target.macs);
      const echo = new EchoProcess(point.shell, target.address, target.echoPort, where);
      try {
        await echo.up(signal);
      } catch (error) {
        await capture.stop();
        throw error;
      }
      return {
        resetGap: () => {
          echo.reset();
        },
        nextEcho: async (timeoutMs) => {
          await echo.nextEcho(timeoutMs);
        },
        figures: () => figuresOf(echo.figures, capture.frames),
        stop: async () => {
          const figures = await echo.stop();
          await capture.stop();
          return figuresOf(figures, capture.frames);
        },
      };
    },
  };
}

function figuresOf(echo: EchoFigures, announceFrames: number): ProbeFigures {
  return {
    longestGapMs: Math.max(0, Math.round(echo.longestGapMs * 10) / 10),
    sessionSurvived: echo.broken === null,
    bytesSent: echo.sent,
    bytesEchoed: echo.echoed,
    bytesWrong: echo.wrong,
    announceFrames,
  };
}
