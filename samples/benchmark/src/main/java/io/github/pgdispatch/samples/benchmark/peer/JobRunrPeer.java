package io.github.pgdispatch.samples.benchmark.peer;

import java.time.Duration;
import java.util.List;
import java.util.function.LongConsumer;

import javax.sql.DataSource;

import io.github.pgdispatch.samples.benchmark.contender.Application;
import io.github.pgdispatch.samples.benchmark.contender.Background;
import org.jobrunr.jobs.lambdas.JobRequest;
import org.jobrunr.jobs.lambdas.JobRequestHandler;
import org.jobrunr.jobs.mappers.JobMapper;
import org.jobrunr.scheduling.JobRequestScheduler;
import org.jobrunr.server.BackgroundJobServer;
import org.jobrunr.server.BackgroundJobServerConfiguration;
import org.jobrunr.server.JobActivator;
import org.jobrunr.storage.StorageProvider;
import org.jobrunr.storage.StorageProviderUtils.DatabaseOptions;
import org.jobrunr.storage.sql.postgres.PostgresStorageProvider;
import org.jobrunr.utils.mapper.JsonMapper;
import org.jobrunr.utils.mapper.jackson3.Jackson3JsonMapper;
import org.jspecify.annotations.Nullable;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * JobRunr: job requests, which it finds faster than it analyses lambdas.
 */
final class JobRunrPeer implements Application {

	private final DataSource dataSource;

	private final int threads;

	private final JsonMapper jsonMapper = new Jackson3JsonMapper();

	private final JobActivator activator;

	private final StorageProvider served;

	private final StorageProvider enqueued;

	private final JobRequestScheduler scheduler;

	private @Nullable BackgroundJobServer server;

	JobRunrPeer(DataSource dataSource, PlatformTransactionManager transactionManager, int threads, LongConsumer body) {
		this.dataSource = dataSource;
		this.threads = threads;
		Handler handler = new Handler(body);
		this.activator = new JobActivator() {

			@Override
			public <T> T activateJob(Class<T> type) {
				return type.cast(handler);
			}

		};
		this.served = storage(dataSource, DatabaseOptions.CREATE);
		// The open-source edition commits by itself, whatever transaction there is.
		this.enqueued = storage(new JoiningDataSource(dataSource), DatabaseOptions.NO_VALIDATE);
		this.scheduler = new JobRequestScheduler(this.enqueued, List.of());
	}

	private StorageProvider storage(DataSource dataSource, DatabaseOptions options) {
		StorageProvider storage = new PostgresStorageProvider(dataSource, options);
		storage.setJobMapper(new JobMapper(this.jsonMapper));
		return storage;
	}

	@Override
	public void dispatch(long id) {
		this.scheduler.enqueue(new Job(id));
	}

	/**
	 * Five seconds are the shortest interval that it allows for an SQL database; a worker
	 * that is done with a job looks for the next one at once. Succeeded jobs are deleted
	 * at the first look after they are a minute old.
	 */
	@Override
	public void start() {
		this.server = new BackgroundJobServer(this.served, this.jsonMapper, this.activator,
				BackgroundJobServerConfiguration.usingStandardBackgroundJobServerConfiguration()
					.andWorkerCount(this.threads)
					.andPollInterval(Duration.ofSeconds(5))
					.andDeleteSucceededJobsAfter(Duration.ofMinutes(1))
					.andPermanentlyDeleteDeletedJobsAfter(Duration.ofMinutes(1)));
		this.server.start();
	}

	@Override
	public void stop() {
		if (this.server != null) {
			this.server.stop();
			this.server = null;
		}
	}

	@Override
	public long waiting() {
		return Background.count(this.dataSource, "jobrunr_jobs WHERE state NOT IN ('SUCCEEDED', 'DELETED')");
	}

	@Override
	public void close() {
		stop();
		this.enqueued.close();
		this.served.close();
	}

	/**
	 * Public, and so is the handler, since JobRunr calls them by reflection.
	 *
	 * @param id what the job is told
	 */
	public record Job(long id) implements JobRequest {

		@Override
		public Class<Handler> getJobRequestHandler() {
			return Handler.class;
		}

	}

	/**
	 * What runs a job.
	 *
	 * @param body what it does
	 */
	public record Handler(LongConsumer body) implements JobRequestHandler<Job> {

		@Override
		public void run(Job job) {
			this.body.accept(job.id());
		}

	}

}
