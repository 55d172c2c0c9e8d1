export {
  runCommandLine,
  runProcess,
  type CommandLineOptions,
  type Perform,
  type Program
} from './command-line.js'
export { EXIT } from './exit-code.js'
export { CommandFailed, showFailure, toFailure, type Failure } from './failure.js'
export { bootstrapOption, joinValues, jsonOption, parsePort, projectOption } from './global-options.js'
export { plainStyle, topicStyle, type LineStyle } from './line-style.js'
export { canOverwriteLine, type LineStream } from './progress-line.js'
export { Screen, type ScreenOptions } from './screen.js'
export type { GlobalFlags, Session } from './session.js'
export { untilStopped } from './stop-signals.js'
export type { UsageError } from './usage-error.js'
export { linePrompt, yesNoPrompt, type LinePrompt, type YesNoPrompt } from './yes-no-prompt.js'
