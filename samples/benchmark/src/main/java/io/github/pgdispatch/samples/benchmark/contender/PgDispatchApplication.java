package io.github.pgdispatch.samples.benchmark.contender;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.PgDispatchNode;
import io.github.pgdispatch.autoconfigure.PgDispatchAutoConfiguration;
import io.github.pgdispatch.autoconfigure.PgDispatchSchemaAutoConfiguration;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.jdbc.support.JdbcUtils;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * A node: one that only dispatches at first, as if others ran the jobs, and one that runs
 * jobs as well when it is started.
 */
final class PgDispatchApplication implements Application {

	private final HikariDataSource dataSource;

	private final PlatformTransactionManager transactionManager;

	private final int threads;

	private final LongConsumer body;

	private final Class<? extends Jobs> type;

	private final NodeSettings settings;

	private @Nullable Connection others;

	private ConfigurableApplicationContext node;

	private Dispatcher dispatcher;

	private boolean works;

	PgDispatchApplication(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body, Class<? extends Jobs> type, NodeSettings settings) {
		this.dataSource = dataSource;
		this.transactionManager = transactionManager;
		this.threads = threads;
		this.body = body;
		this.type = type;
		this.settings = settings;
		this.node = node(false);
		this.dispatcher = dispatcher(this.node);
		attend();
	}

	private void attend() {
		try {
			Connection connection = this.dataSource.getConnection();
			this.others = connection;
			connection.createStatement().execute(PgDispatch.ATTEND);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void leave() {
		if (this.others != null) {
			// Its lock is the session's, which must end.
			this.dataSource.evictConnection(this.others);
			JdbcUtils.closeConnection(this.others);
			this.others = null;
		}
	}

	private ConfigurableApplicationContext node(boolean works) {
		List<String> arguments = new ArrayList<>(List.of("--spring.main.banner-mode=off",
				"--spring.main.log-startup-info=false", "--pgdispatch.driver=application",
				"--pgdispatch.worker.enabled=" + works, "--pgdispatch.worker.concurrency=" + this.threads));
		this.settings.properties().forEach((property) -> arguments.add("--" + property));
		return new SpringApplicationBuilder(Node.class).sources(this.settings.configurations().toArray(Class[]::new))
			.web(WebApplicationType.NONE)
			.registerShutdownHook(false)
			.initializers((GenericApplicationContext context) -> {
				context.registerBean(DataSource.class, () -> this.dataSource, (bean) -> bean.setDestroyMethodName(""));
				context.registerBean(PlatformTransactionManager.class, () -> this.transactionManager);
				context.registerBean(LongConsumer.class, () -> this.body);
				context.registerBean(this.type);
			})
			.run(arguments.toArray(String[]::new));
	}

	private static Dispatcher dispatcher(BeanFactory node) {
		Jobs jobs = node.getBean(Jobs.class);
		return node.getBeanProvider(Dispatcher.class).getIfAvailable(() -> jobs::run);
	}

	@Override
	public void dispatch(long number) {
		this.dispatcher.dispatch(number);
	}

	@Override
	public void dispatchAll(int number) {
		this.dispatcher.dispatchAll(number);
	}

	@Override
	public void start() {
		leave();
		if (this.works) {
			this.node.getBean(PgDispatchNode.class).resume();
			return;
		}
		this.node.close();
		this.node = node(true);
		this.dispatcher = dispatcher(this.node);
		this.works = true;
	}

	@Override
	public void stop() {
		this.node.getBean(PgDispatchNode.class).drain();
		attend();
	}

	@Override
	public long waiting() {
		return Background.count(this.dataSource, "pgdispatch.job")
				+ Background.count(this.dataSource, "pgdispatch.handler_job");
	}

	@Override
	public void close() {
		leave();
		this.node.close();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ TransactionAutoConfiguration.class, PgDispatchSchemaAutoConfiguration.class,
			PgDispatchAutoConfiguration.class })
	static class Node {

	}

}
