import { render } from "preact";
import { App } from "./app.tsx";
import "./style/base.css";
import "./style/shell.css";
import "./style/controls.css";
import "./style/tables.css";
import "./style/charts.css";
import "./style/cars.css";
import "./style/setup.css";

const root = document.getElementById("app");
if (root !== null) render(<App />, root);
