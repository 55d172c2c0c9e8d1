// The thread that runs the checks while a publish goes on.
import os from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { checkBuild, type BuildToCheck } from './check-build.js'

// Readers wait for the publish, so it goes first. On Linux the priority belongs to this thread and the threads that it
// starts; elsewhere it would belong to the whole process.
if (process.platform === 'linux') os.setPriority(5)

// Not awaited here: CommonJS, as which it is bundled, cannot. A rejection ends the thread with that error.
void checkBuild(workerData as BuildToCheck).then((found) => parentPort?.postMessage(found))
