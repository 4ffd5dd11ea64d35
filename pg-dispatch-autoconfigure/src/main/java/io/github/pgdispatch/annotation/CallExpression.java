package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.context.expression.BeanFactoryResolver;
import org.springframework.context.expression.MethodBasedEvaluationContext;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.expression.EvaluationContext;
import org.springframework.expression.Expression;
import org.springframework.expression.ParseException;
import org.springframework.expression.ParserContext;
import org.springframework.expression.common.CompositeStringExpression;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.util.Assert;

/**
 * A text with expressions over the arguments of a call. Thread-safe.
 */
final class CallExpression {

	private final String name;

	private final String text;

	private final Method method;

	private final Expression expression;

	private final BeanFactoryResolver beans;

	private final DefaultParameterNameDiscoverer names = new DefaultParameterNameDiscoverer();

	CallExpression(String name, String text, Method method, BeanFactory beanFactory) {
		this.name = name;
		this.text = text;
		this.method = method;
		this.expression = parse(name, text);
		this.beans = new BeanFactoryResolver(beanFactory);
	}

	private static Expression parse(String name, String text) {
		try {
			return new SpelExpressionParser().parseExpression(text, ParserContext.TEMPLATE_EXPRESSION);
		}
		catch (ParseException ex) {
			throw new IllegalArgumentException("The " + name + " " + text + " is no expression: " + ex.getMessage(),
					ex);
		}
	}

	static boolean isIn(String text) {
		return text.contains(ParserContext.TEMPLATE_EXPRESSION.getExpressionPrefix());
	}

	/**
	 * Evaluates the text for a call.
	 * @param call that dispatches
	 * @return what the expression gives, or a string if it is only a part of the text
	 * @throws IllegalArgumentException if there is nothing that it gives
	 */
	Object evaluate(Invocation call) {
		MethodBasedEvaluationContext context = new MethodBasedEvaluationContext(call.target(), this.method,
				call.arguments(), this.names);
		context.setBeanResolver(this.beans);
		return evaluate(this.expression, context);
	}

	/**
	 * A composite expression itself would leave out what is null, and so make one key of
	 * many.
	 */
	private Object evaluate(Expression expression, EvaluationContext context) {
		if (expression instanceof CompositeStringExpression composite) {
			StringBuilder whole = new StringBuilder();
			for (Expression part : composite.getExpressions()) {
				whole.append(evaluate(part, context));
			}
			return whole.toString();
		}
		Object value = expression.getValue(context);
		Assert.notNull(value,
				() -> "The " + this.name + " " + this.text + " of " + this.method.toGenericString() + " is null");
		return value;
	}

}
