// The thread that searches while the store is opened.
import { parentPort, workerData } from 'node:worker_threads'
import { searchFiles, type FilesToSearch } from './search-files.js'

// Not awaited here: CommonJS, as which it is bundled, cannot. A rejection ends the thread with that error.
void searchFiles(workerData as FilesToSearch).then((found) => parentPort?.postMessage(found))
