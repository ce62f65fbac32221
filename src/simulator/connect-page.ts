import { escapeHtml } from "../lib/html.ts";
import type { CarDescription } from "./car.ts";

export interface OfferedCar {
  readonly car: CarDescription;
  readonly allowUrl: string;
}

/** The consent page: one link per car, one to decline. Plain HTML, so that scripts can follow it too. */
export function connectPage(title: string, cars: readonly OfferedCar[], declineUrl: string): string {
  const rows = cars.map(({ car, allowUrl }) => {
    const name = `${car.make} ${car.model} (${car.year})`;
    return `<li><a class="allow" data-vehicle-id="${escapeHtml(car.vehicleId)}" href="${escapeHtml(allowUrl)}">Allow ${escapeHtml(name)}</a></li>`;
  });
  return page(
    title,
    `<p>This is the Smartcar simulator: no account is asked for.</p>
<ul>${rows.join("") || "<li>There is no car to offer.</li>"}</ul>
<p><a class="decline" href="${escapeHtml(declineUrl)}">Decline</a></p>`,
  );
}

export function connectErrorPage(message: string): string {
  return page("This link does not work", `<p>${escapeHtml(message)}</p>`);
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}li{margin:.5rem 0}</style>
</head><body><h1>${escapeHtml(title)}</h1>
${content}
</body></html>
`;
}
