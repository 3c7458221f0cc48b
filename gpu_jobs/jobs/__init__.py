"""One module for each kind of job, found by its name: `start(manifest, options)` gives the work (gpu_jobs.job.Work)."""
