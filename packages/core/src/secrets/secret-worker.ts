// The thread that searches while the store is opened.
import { parentPort, workerData } from 'node:worker_threads'
import { searchFiles, type FilesToSearch } from './search-files.js'

parentPort?.postMessage(await searchFiles(workerData as FilesToSearch))
