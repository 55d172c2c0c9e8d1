import { setFlagsFromString } from 'node:v8'

/**
 * For a process that stays for hours beside other work and has little to do: V8 keeps its space for young objects as small as it
 * is, 2 MB. By itself it lets that grow to 32 MB, takes it back, and lets it grow again.
 */
export function keepMemorySmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
