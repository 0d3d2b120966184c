/** Who does a work for a peer, by the kind of the work. */
import { SizeContender } from "./bundle-size.ts";
import { type Contender, ProgramContender, type Setting } from "./contender.ts";
import { FetchContender } from "./http/fetch-contender.ts";
import { FetchMemoryContender } from "./http/memory-contender.ts";
import type { Origin } from "./http/origin-process.ts";
import { ServerContender } from "./http/server-contender.ts";
import { EchoContender } from "./node/echo-contender.ts";
import { StartupContender } from "./startup.ts";
import { PageContender } from "./trace/page-contender.ts";
import { TimelineContender } from "./trace/timeline-contender.ts";
import type { Rival, Work } from "./work.ts";

/** The same work with a shorter list, where it has a long one. */
export function quickened(work: Work): Work {
  return "quickCount" in work ? { ...work, count: work.quickCount ?? work.count } : work;
}

export function contenderOf(rival: Rival, work: Work, setting: Setting, origin: Origin | undefined): Contender {
  switch (work.kind) {
    case "program":
      return new ProgramContender(rival, work, setting);
    case "size":
      return new SizeContender(rival.label);
    case "startup":
      return new StartupContender(rival.label, setting.executables.get(rival.peer));
    case "server":
      return new ServerContender(rival, work);
    case "echo":
      return new EchoContender(rival, work, setting);
    case "trace-command":
      return new TimelineContender(work);
    case "trace-page":
    case "trace-pan":
      return new PageContender(work);
    case "fetch":
      return new FetchContender(rival, work, setting, running(origin));
    case "fetch-memory":
      return new FetchMemoryContender(work, setting, running(origin));
  }
}

function running(origin: Origin | undefined): Origin {
  if (origin === undefined) throw new Error("The work asks a server, and none was started.");
  return origin;
}
