//! Pictures of figures, as SVG: light, without scripts or fonts of their own.

use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const LABEL_WIDTH: f64 = 210.0;
const VALUE_WIDTH: f64 = 110.0;
const BAR_HEIGHT: f64 = 26.0;
const BAR_GAP: f64 = 12.0;
const TOP: f64 = 64.0;
const PLOT_HEIGHT: f64 = 200.0;
const MARGIN: f64 = 64.0;

/// One bar.
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) value: f64,
    /// What stands at its end.
    pub(crate) shown: String,
    pub(crate) is_ours: bool,
}

/// Horizontal bars from zero; `axis` names what their length means, with its unit.
pub(crate) fn bars(title: &str, axis: &str, bars: &[Bar]) -> String {
    let longest = bars.iter().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
    let full = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
    let mut body = String::new();
    let mut y = TOP;
    for Bar { label, value, shown, is_ours } in bars {
        let (width, middle) = (full * value / longest, y + BAR_HEIGHT / 2.0 + 4.5);
        let class = if *is_ours { "ours" } else { "other" };
        let end = LABEL_WIDTH + width;
        let _ = writeln!(
            body,
            "<text x=\"{:.0}\" y=\"{middle:.1}\" text-anchor=\"end\">{}</text>\
             <rect class=\"{class}\" x=\"{LABEL_WIDTH}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR_HEIGHT}\" rx=\"3\"/>\
             <text x=\"{:.1}\" y=\"{middle:.1}\">{}</text>",
            LABEL_WIDTH - 10.0,
            escaped(label),
            end + 8.0,
            escaped(shown)
        );
        y += BAR_HEIGHT + BAR_GAP;
    }
    let _ = writeln!(
        body,
        "<line class=\"axis\" x1=\"{LABEL_WIDTH}\" y1=\"{}\" x2=\"{LABEL_WIDTH}\" y2=\"{}\"/>",
        TOP - 6.0,
        y - BAR_GAP + 6.0
    );
    picture(title, axis, y + 6.0, &body)
}

/// A value over `x` in this unit, with the bound it must stay below.
pub(crate) fn line(
    title: &str,
    axis: &str,
    x_unit: &str,
    points: &[(f64, f64)],
    bound: (f64, &str),
) -> String {
    let last = points.iter().map(|(x, _)| *x).fold(f64::MIN_POSITIVE, f64::max);
    let highest = points.iter().map(|(_, y)| *y).fold(bound.0, f64::max) * 1.1;
    let x_of = |x: f64| MARGIN + (WIDTH - 2.0 * MARGIN) * x / last;
    let y_of = |y: f64| TOP + PLOT_HEIGHT * (1.0 - y / highest);
    let mut body = String::new();
    for value in ticks(highest) {
        let _ = writeln!(
            body,
            "<line class=\"grid\" x1=\"{MARGIN}\" y1=\"{y:.1}\" x2=\"{}\" y2=\"{y:.1}\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
            WIDTH - MARGIN,
            MARGIN - 8.0,
            y_of(value) + 4.5,
            y = y_of(value),
        );
    }
    for x in ticks(last) {
        let _ = writeln!(
            body,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{x}{x_unit}</text>",
            x_of(x),
            TOP + PLOT_HEIGHT + 20.0
        );
    }
    let path: Vec<String> =
        points.iter().map(|(x, y)| format!("{:.1},{:.1}", x_of(*x), y_of(*y))).collect();
    let _ = writeln!(
        body,
        "<line class=\"bound\" x1=\"{MARGIN}\" y1=\"{y:.1}\" x2=\"{}\" y2=\"{y:.1}\"/>\
         <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
         <polyline class=\"line\" points=\"{}\"/>",
        WIDTH - MARGIN,
        WIDTH - MARGIN,
        y_of(bound.0) - 6.0,
        escaped(bound.1),
        path.join(" "),
        y = y_of(bound.0),
    );
    picture(title, axis, TOP + PLOT_HEIGHT + 34.0, &body)
}

/// Round numbers from zero to at most `highest`, no more than a person wants to read.
fn ticks(highest: f64) -> Vec<f64> {
    const TICKS_MAX: f64 = 6.0;
    let power = 10_f64.powf((highest / TICKS_MAX).log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .map(|factor| factor * power)
        .into_iter()
        .find(|step| highest / step <= TICKS_MAX)
        .unwrap_or(highest);
    let values = (0..).map(|number| f64::from(number) * step);
    // Multiplying leaves a last digit that nobody asked for.
    let cut = |value: f64| (value / power * 10.0).round() * power / 10.0;
    values.take_while(|value| *value <= highest * (1.0 + 1e-9)).map(cut).collect()
}

fn picture(title: &str, axis: &str, height: f64, body: &str) -> String {
    let (title, axis) = (escaped(title), escaped(axis));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" \
         width=\"{WIDTH}\" height=\"{height:.0}\" role=\"img\" aria-label=\"{title}\">\n\
         <style>\
         text{{font:13px system-ui,sans-serif;fill:#333}}.title{{font-size:16px;font-weight:600}}\
         .ours{{fill:#6644ff}}.other{{fill:#b9bfca}}.axis{{stroke:#555}}.grid{{stroke:#e4e7ec}}\
         .bound{{stroke:#d5483c;stroke-dasharray:5 4}}\
         .line{{fill:none;stroke:#6644ff;stroke-width:2}}\
         </style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text class=\"title\" x=\"16\" y=\"26\">{title}</text>\n\
         <text x=\"16\" y=\"46\">{axis}</text>\n\
         {body}</svg>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_is_ticked_at_round_numbers() {
        assert_eq!(ticks(66.0), [0.0, 20.0, 40.0, 60.0]);
        assert_eq!(ticks(275.0), [0.0, 50.0, 100.0, 150.0, 200.0, 250.0]);
        assert_eq!(ticks(4.4), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(ticks(0.7), [0.0, 0.2, 0.4, 0.6]);
        assert_eq!(ticks(100.0), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
    }
}
