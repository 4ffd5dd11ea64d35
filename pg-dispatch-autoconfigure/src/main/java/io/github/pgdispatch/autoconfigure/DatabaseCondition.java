package io.github.pgdispatch.autoconfigure;

import java.util.List;
import java.util.Objects;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.ConfigurationCondition;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * A condition on a database. It matches if any database of the application matches. If
 * there are several, {@link DatabaseBeans} asks for each of them.
 */
abstract class DatabaseCondition extends SpringBootCondition implements ConfigurationCondition {

	private final String what;

	/**
	 * Creates a condition.
	 * @param what a database that matches has
	 */
	DatabaseCondition(String what) {
		this.what = what;
	}

	/**
	 * Returns whether a database matches.
	 */
	abstract boolean matches(Database database);

	/**
	 * The names of the databases are those of beans.
	 */
	@Override
	public final ConfigurationPhase getConfigurationPhase() {
		return ConfigurationPhase.REGISTER_BEAN;
	}

	@Override
	public final ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConfigurableListableBeanFactory beanFactory = Objects.requireNonNull(context.getBeanFactory());
		List<String> matching = Database.all(beanFactory, context.getEnvironment())
			.stream()
			.filter(this::matches)
			.map((database) -> String.valueOf(database.bean()))
			.toList();
		ConditionMessage.Builder message = ConditionMessage.forCondition("database with " + this.what);
		return matching.isEmpty() ? ConditionOutcome.noMatch(message.because("there is none"))
				: ConditionOutcome.match(message.foundExactly(matching));
	}

}
