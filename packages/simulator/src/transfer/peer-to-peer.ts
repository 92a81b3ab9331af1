/**
 * A move that the source's libvirt drives by itself. It asks nobody: when it does not hear the target's answer to Finish
 * it lets the guest go on at home, although it may run over there. That is libvirt's flaw (docs/state-machine.md, row 18),
 * and it is kept here.
 */
import type { Copy, Host } from "../host/host.ts";
import { pace } from "../limits.ts";
import { PeerLink } from "./peer-link.ts";
import { Migration } from "./migration.ts";
import type { MigrationOptions } from "./migration.ts";

/** @param done called once, unless the source's daemon dies: then nobody is left to answer. */
export function movePeerToPeer(
  copy: Copy,
  target: Host,
  options: MigrationOptions,
  done: (problem?: string) => void,
): void {
  const { host: source, vm } = copy;
  const { timers } = source.ground;
  const migration = new Migration(copy, undefined, options);
  let isOver = false;

  const end = (problem?: string): void => {
    if (isOver) return;
    isOver = true;
    link.close();
    done(problem);
  };
  /** The source heard of the target's end, or of nothing for too long. */
  const fail = (why: string): void => {
    if (isOver) return;
    migration.failOnSource();
    migration.clearIncoming();
    end(why);
  };
  /** Goes on after so long, as long as this daemon lives. */
  const next = (ms: number, step: () => void): void => {
    timers.after(ms, () => {
      if (isOver) return;
      source.whenServing(step);
    });
  };
  const link = new PeerLink(source, target, {
    ownDaemonDied: () => {
      isOver = true;
      link.close();
      migration.clearIncoming();
    },
    peerDaemonDied: () => {
      next(pace.channelClosedMs, () => {
        fail(`operation failed: the connection to ${target.name} is closed`);
      });
    },
    silent: () => {
      migration.clearIncoming();
      if (migration.isMonitorHung) return;
      fail(`operation failed: keepalive of ${target.name} timed out`);
    },
  });

  next(pace.beginMs + pace.prepareMs, () => {
    const problem =
      target.answers && link.isUp ? target.refusal(vm) : `unable to connect to the server at ${target.name}`;
    if (problem !== undefined) {
      fail(problem);
      return;
    }
    migration.prepare(target, undefined);
    migration.perform((trouble) => {
      if (trouble !== undefined) {
        fail(trouble);
        return;
      }
      sendFinish();
    });
  });

  /** Waits for the wire, as long as the keepalive lets it. */
  function sendFinish(): void {
    next(pace.finishMs, () => {
      if (!link.isUp) {
        next(wireWaitMs, sendFinish);
        return;
      }
      target.whenServing(() => {
        if (isOver) return;
        const runs = migration.finish();
        next(pace.finishAnswerMs, () => {
          if (runs) sendConfirm();
          else fail("the target has no copy to run");
        });
      });
    });
  }

  function sendConfirm(): void {
    next(pace.confirmMs, () => {
      migration.confirm();
      end();
    });
  }
}

const wireWaitMs = 1_000;
