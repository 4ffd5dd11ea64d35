package io.github.pgdispatch.samples.benchmark.peer;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;

import javax.sql.DataSource;

import io.github.pgdispatch.samples.benchmark.contender.Application;
import io.github.pgdispatch.samples.benchmark.contender.Background;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.task.TaskExecutor;
import org.springframework.modulith.events.ApplicationModuleListener;
import org.springframework.modulith.events.IncompleteEventPublications;
import org.springframework.modulith.events.config.EventPublicationAutoConfiguration;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.ClassUtils;

/**
 * The event publications of Spring Modulith: a job is an application event, and goes to a
 * local pool after the commit.
 */
final class Modulith implements Application {

	private final DataSource dataSource;

	private final LongFunction<?> event;

	private final SmallContext context;

	private final Workers workers;

	private @Nullable ExecutorService resubmission;

	Modulith(DataSource dataSource, PlatformTransactionManager transactionManager, int threads, LongConsumer body) {
		this(dataSource, transactionManager, threads, Job::new, Map.of(),
				(context) -> context.registerBean(Listener.class, () -> new Listener(body)));
	}

	Modulith(DataSource dataSource, PlatformTransactionManager transactionManager, int threads, LongFunction<?> event,
			Map<String, Object> more, Consumer<SmallContext> listener) {
		Map<String, Object> properties = new HashMap<>(more);
		properties.put("spring.modulith.events.jdbc.schema-initialization.enabled", true);
		// Documented as the one that keeps the table small.
		properties.put("spring.modulith.events.completion-mode", "delete");
		this.dataSource = dataSource;
		this.event = event;
		this.workers = new Workers(threads);
		this.context = new SmallContext(dataSource, transactionManager).with(properties);
		this.context.getBeanFactory().registerSingleton("taskExecutor", this.workers);
		// Spring Boot has one; without, it would build one for every event.
		this.context.getBeanFactory().registerSingleton("jsonMapper", JsonMapper.builder().build());
		this.context.register(SmallContext.Transactions.class, hidden("jackson.JacksonEventSerializationConfiguration"),
				hidden("jdbc.JdbcEventPublicationAutoConfiguration"), EventPublicationAutoConfiguration.class);
		listener.accept(this.context);
		this.context.refresh();
	}

	private static Class<?> hidden(String configuration) {
		return ClassUtils.resolveClassName("org.springframework.modulith.events." + configuration, null);
	}

	@Override
	public void dispatch(long id) {
		this.context.publishEvent(this.event.apply(id));
	}

	/**
	 * Resubmits those that waited, as {@code republish-outstanding-events-on-restart}
	 * does, but beside them those that come now, and not the latter.
	 */
	@Override
	public void start() {
		IncompleteEventPublications incomplete = this.context.getBean(IncompleteEventPublications.class);
		Instant now = Instant.now();
		this.workers.start();
		this.resubmission = Executors.newSingleThreadExecutor();
		this.resubmission.execute(() -> incomplete
			.resubmitIncompletePublications((publication) -> publication.getPublicationDate().isBefore(now)));
		this.resubmission.shutdown();
	}

	@Override
	public void stop() {
		this.workers.stop();
		if (this.resubmission != null) {
			Background.await(this.resubmission);
			this.resubmission = null;
		}
	}

	@Override
	public long waiting() {
		return Background.count(this.dataSource, "event_publication WHERE completion_date IS NULL");
	}

	@Override
	public void close() {
		stop();
		this.context.close();
	}

	record Job(long id) {

	}

	/**
	 * {@code @Async}, in a new transaction, after the commit: the documented shortcut for
	 * the three.
	 */
	static class Listener {

		private final LongConsumer body;

		Listener(LongConsumer body) {
			this.body = body;
		}

		@ApplicationModuleListener
		void on(Job job) {
			this.body.accept(job.id());
		}

	}

}
