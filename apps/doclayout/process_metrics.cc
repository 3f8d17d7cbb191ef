#include "process_metrics.h"

#include "health/process.h"

namespace doclayout {

// https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics. Left out: the limit of virtual memory,
// which is no limit wherever this runs, and the size of the heap, for which malloc would have to be stopped.
void AddProcessMetrics(metrics::Registry& registry) {
  registry.AddCounterFunction("process_cpu_seconds_total", "CPU time of all threads of the process.", {},
                              health::CpuSeconds);
  registry.AddGaugeFunction("process_resident_memory_bytes", "Memory of the process that is in RAM.", {},
                            health::ResidentBytes);
  registry.AddGaugeFunction("process_virtual_memory_bytes", "Addresses that the process has taken.", {},
                            health::VirtualBytes);
  registry.AddGaugeFunction("process_open_fds", "Open file descriptors.", {}, health::OpenDescriptors);
  registry.AddGaugeFunction("process_max_fds", "File descriptors that may be open.", {}, health::MostDescriptors);
  registry.AddGaugeFunction("process_threads", "Threads of the process.", {}, health::Threads);
  registry.AddGauge("process_start_time_seconds", "When the process started, seconds since 1970-01-01 UTC.")
      .Set(health::StartTime());
}

void AddLogMetrics(metrics::Registry& registry, const Logger& logger) {
  registry.AddCounterFunction("pp_doclayout_log_lines_dropped_total",
                              "Log lines that found no room because nobody reads the log, or nobody can write it.", {},
                              [&logger] { return static_cast<double>(logger.dropped_lines()); });
}

void AddLogFileMetrics(metrics::Registry& registry, const Logger& logger) {
  registry.AddCounterFunction("pp_doclayout_log_file_lines_dropped_total",
                              "Log lines that the file in LOG_DIR does not have because it could not be written.", {},
                              [&logger] { return static_cast<double>(logger.dropped_file_lines()); });
  registry.AddCounterFunction("pp_doclayout_log_file_rotations_total",
                              "How often the log's file was full and another one was begun.", {},
                              [&logger] { return static_cast<double>(logger.file_rotations()); });
}

}  // namespace doclayout
