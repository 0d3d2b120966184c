/** The public names of "brigade/instruments": what a Node program is watched with. Nothing is watched because it is imported. */
export { observe, opened } from "./environment.ts";
export { type FileSink, fileSink } from "./files/file-sink.ts";
export { postMortem, type PostMortemOptions } from "./files/post-mortem-file.ts";
export { openPrograms, type ProgramSocket, socketPath } from "./socket/directory.ts";
