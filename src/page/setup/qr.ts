import qrcode from "qrcode-generator";

/** A QR code as rows of dark and light. */
export function qrRows(text: string): boolean[][] {
  const code = qrcode(0, "L");
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  return Array.from({ length: count }, (_, y) => Array.from({ length: count }, (_, x) => code.isDark(y, x)));
}
