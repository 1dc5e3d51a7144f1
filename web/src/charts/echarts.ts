/** The parts of ECharts that dashboards need; loaded as a chunk of its own, after the shell is on the screen. */
import { BarChart, HeatmapChart, LineChart, PieChart, SankeyChart, ScatterChart } from 'echarts/charts';
import { DataZoomInsideComponent, GridComponent, LegendScrollComponent, TooltipComponent, VisualMapContinuousComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

use([
  BarChart, HeatmapChart, LineChart, PieChart, SankeyChart, ScatterChart,
  DataZoomInsideComponent, GridComponent, LegendScrollComponent, TooltipComponent, VisualMapContinuousComponent, CanvasRenderer,
]);

export { init };
