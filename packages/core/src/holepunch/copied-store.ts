import path from 'node:path'
import DeviceFile from 'device-file'

/** Whether a store was copied from another machine or place, as opening it for writing would find. Changes nothing. */
export async function isCopiedStore(dir: string): Promise<boolean> {
  return !(await DeviceFile.validate(path.join(dir, 'CORESTORE'), { id: null }))
}
