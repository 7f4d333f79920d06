/** Whether a PIN is one digit repeated, or six consecutive digits upwards or downwards: these are guessed first. */
export function isEasyPin(pin: string): boolean {
  const digits = Array.from(pin, Number);
  const steps = new Set(digits.slice(1).map((digit, index) => digit - (digits[index] ?? 0)));
  const [step] = steps;
  return steps.size === 1 && (step === 0 || step === 1 || step === -1);
}
