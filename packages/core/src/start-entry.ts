// What plugins of generators and command-line programs need before anything is published. Kept apart, and small: it is loaded
// when a generator or a program starts.
export { CHECKS_MODES } from './checks/checks-mode.js'
export { childEnvironment, takeEnvironment } from './machine/child-environment.js'
export {
  codeOf,
  messageOf,
  messageWithRemedy,
  SitedriveError,
  type Failed,
  type RemedyAction
} from './error.js'
export { refuseOldNode } from './machine/refuse-old-node.js'
export { PROJECT_FILE } from './project/project-file.js'
export { printable } from './text.js'
